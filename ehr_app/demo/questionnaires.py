"""The Patient Health Questionnaire with 9 items: the form in the directory, and the answers behind each recorded score.

Questions, answers and points: us-core 6.1 Questionnaire-phq-9-example of the sample records read.
"""

from random import Random

from ehr_app.demo import codes
from ehr_app.demo.chart import Chart
from ehr_app.demo.elements import Code, Resource, coding

URL = "https://ehr.example/questionnaires/phq-9"
MOST_POINTS = 3


def directory() -> list[Resource]:
    """Return the network's questionnaires."""
    return [
        {
            "resourceType": "Questionnaire",
            "id": "demo-phq-9",
            "url": URL,
            "name": "PHQ9",
            "title": "Patient Health Questionnaire with 9 items",
            "status": "active",
            "subjectType": ["Patient"],
            "item": [
                {
                    "linkId": f"/{question.code}",
                    "code": [coding(question)],
                    "text": question.display,
                    "type": "choice",
                    "answerOption": [{"valueCoding": coding(answer)} for answer in codes.ANSWERS],
                }
                for question in codes.QUESTIONS
            ],
        }
    ]


def record(chart: Chart) -> None:
    """Add the answers of every score; they sum up to it."""
    scores = [r for r in chart.resources if r["resourceType"] == "Observation" and _code(r) == codes.DEPRESSION_SCORE.code]
    for score in scores:
        dice = Random(f"{score['id']}:{chart.birth}")
        points = [0] * len(codes.QUESTIONS)
        for _ in range(int(score["valueQuantity"]["value"])):
            open_places = [n for n, value in enumerate(points) if value < MOST_POINTS and n < len(points) - 1]
            points[dice.choice(open_places) if open_places else points.index(min(points))] += 1
        chart.add(
            {
                "resourceType": "QuestionnaireResponse",
                "id": chart.identify("qre"),
                "questionnaire": URL,
                "status": "completed",
                "subject": chart.subject,
                "encounter": dict(score["encounter"]),
                "authored": score["effectiveDateTime"],
                "author": dict(score["performer"][0]),
                "source": chart.subject,
                "item": [_answered(*pair) for pair in zip(codes.QUESTIONS, points, strict=True)],
            }
        )


def _answered(question: Code, worth: int) -> Resource:
    answer = [{"valueCoding": coding(codes.ANSWERS[worth])}]
    return {"linkId": f"/{question.code}", "text": question.display, "answer": answer}


def _code(observation: Resource) -> str:
    return str(observation["code"]["coding"][0]["code"])
