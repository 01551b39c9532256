"""Names for people the generator invents: from many places, in their own script where they have one.

A culture says which language its people speak at the desk, what their names are, and how the name is written in Latin letters.
"""

from dataclasses import dataclass
from random import Random

Name = tuple[str, str]  # as written by its bearer, in Latin letters ("" when it is the same)


@dataclass(frozen=True, slots=True)
class Culture:
    """Where a name comes from; `share` is its weight."""

    share: int
    language: str
    race: str
    female: tuple[Name, ...]
    male: tuple[Name, ...]
    family: tuple[Name, ...]
    hispanic: bool = False


def _latin(text: str) -> tuple[Name, ...]:
    return tuple((name, "") for name in text.split(", "))


def _pairs(text: str) -> tuple[Name, ...]:
    return tuple((own, latin) for own, _, latin in (pair.partition("=") for pair in text.split(", ")))


CULTURES = (
    Culture(
        34, "en", "white",
        _latin("Anna, Beatrice, Charlotte, Edith, Gwen, Hannah, Imogen, Judith, Lucille, Nancy, Ruth, Saoirse, Violet, Willa"),
        _latin("Adam, Barnaby, Clyde, Duncan, Ellis, Frank, Gareth, Hugh, Ivor, Lloyd, Nigel, Oscar, Quentin, Seán, Wesley"),
        _latin("Abbott, Hughes, O’Brien, McAllister, Walker, Fairweather, St. James, Thornton-Reed, Whitlock, Pemberton, Ray, Ng"),
    ),
    Culture(
        16, "es", "white",
        _latin("María Fernanda, Lucía, Inés, Xochitl, Soledad, Ximena, Ana Sofía, Concepción"),
        _latin("Luis, Tomás, Joaquín, Ángel, Íñigo, José Luis, Ramón, Óscar"),
        _latin("Castillo, Fernández Peña, Quiroga, Reyes, Núñez, Ibáñez de la Cruz, Zúñiga"), True,
    ),
    Culture(
        12, "en", "black",
        _latin("Imani, Nkechi, Keisha, Amina, Latoya, Abena"), _latin("Emeka, Jamal, Kwabena, Tyrell, Malik, Darnell"),
        _latin("Abara, Eze, Washington, Freeman, Mbeki-Jones, Diallo"),
    ),
    Culture(
        5, "ar", "white",
        _pairs("فاطمة=Fatima, مريم=Maryam, نور=Nour, زينب=Zaynab"), _pairs("محمد=Mohammed, يوسف=Yusuf, عمر=Omar, خالد=Khalid"),
        _pairs("الخطيب=Al-Khatib, حداد=Haddad, منصور=Mansour, العلي=Al-Ali"),
    ),
    Culture(
        3, "he", "white", _pairs("תמר=Tamar, נועה=Noa, רבקה=Rivka"), _pairs("אורי=Uri, דוד=David, איתן=Eitan"),
        _pairs("כהן=Cohen, לוי=Levi, מזרחי=Mizrahi"),
    ),
    Culture(
        8, "zh", "asian", _pairs("丽华=Lihua, 美玲=Meiling, 静=Jing"), _pairs("伟=Wei, 建国=Jianguo, 明=Ming"),
        _pairs("李=Li, 张=Zhang, 陈=Chen, 欧阳=Ouyang"),
    ),
    Culture(
        4, "uk", "white", _pairs("Ольга=Olha, Наталія=Nataliia, Дарина=Daryna"), _pairs("Іван=Ivan, Андрій=Andrii, Богдан=Bohdan"),
        _pairs("Коваленко=Kovalenko, Мельник=Melnyk, Гончаренко=Honcharenko"),
    ),
    Culture(
        4, "ru", "white", _pairs("Татьяна=Tatiana, Светлана=Svetlana"), _pairs("Дмитрий=Dmitry, Сергей=Sergei"),
        _pairs("Кузнецов=Kuznetsov, Соловьёв=Solovyov"),
    ),
    Culture(
        4, "ko", "asian", _pairs("지은=Ji-eun, 수빈=Su-bin"), _pairs("민준=Min-jun, 서준=Seo-jun"),
        _pairs("김=Kim, 박=Park, 최=Choi"),
    ),
    Culture(
        4, "hi", "asian", _pairs("प्रिया=Priya, अनीता=Anita"), _pairs("अर्जुन=Arjun, विजय=Vijay"), _pairs("शर्मा=Sharma, पटेल=Patel"),
    ),
    Culture(
        4, "vi", "asian", _latin("Thị Hương, Ngọc Ánh, Bích"), _latin("Văn Đức, Quốc Bảo, Hùng"), _latin("Trần, Lê, Phạm, Võ"),
    ),
    Culture(
        3, "pl", "white", _latin("Małgorzata, Zofia, Łucja"), _latin("Zbigniew, Wojciech, Łukasz"),
        _latin("Zieliński, Dąbrowski, Wójcik"),
    ),
    Culture(
        2, "tr", "white", _latin("Ayşe, Gülşah"), _latin("Çağlar, İbrahim"), _latin("Yıldız, Öztürk"),
    ),
    Culture(
        2, "pt", "white", _latin("Conceição, Inês"), _latin("João, Gonçalo"), _latin("Magalhães, Assunção da Silva"),
    ),
    Culture(
        2, "en", "native", _latin("Winona, Aiyana"), _latin("Elan, Koda"), _latin("Begay, Standing Bear, Two Rivers"),
    ),
    Culture(
        2, "en", "pacific", _latin("Leilani, Sina"), _latin("Kai, Sione"), _latin("Kealoha, Fa’asavalu, Tuʻipulotu"),
    ),
)  # fmt: skip


def culture(dice: Random) -> Culture:
    """Return where an invented person's name comes from."""
    return dice.choices(CULTURES, [one.share for one in CULTURES])[0]


def mistyped(name: str, dice: Random) -> str:
    """Return a name with two neighbouring letters exchanged, as a hurried desk writes it; very short ones stay."""
    places = [n for n in range(1, len(name) - 1) if name[n].isalpha() and name[n + 1].isalpha() and name[n] != name[n + 1]]
    if len(name) < 4 or not places:
        return name
    place = dice.choice(places)
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]
