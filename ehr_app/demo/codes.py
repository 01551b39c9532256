"""Every coded concept of the demo, as facts: system, code, display.

Each pair occurs in published sample records, or on a page listed in `tests/demo/test_codes.py`; that test checks
both. Displays are those of the source read there.
"""

from ehr_app.demo.elements import CVX, HL7, LOINC, RXNORM, SNOMED, Code

_ACT = HL7 + "v3-ActCode"
_ROLE = HL7 + "v3-RoleCode"
_ORGANIZATION = HL7 + "organization-type"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_RACE = "urn:oid:2.16.840.1.113883.6.238"

PROVIDER = Code(_ORGANIZATION, "prov", "Healthcare Provider")
DEPARTMENT = Code(_ORGANIZATION, "dept", "Hospital Department")
PAYER = Code(_ORGANIZATION, "pay", "")
OUTPATIENT_FACILITY = Code(_ROLE, "OF", "Outpatient facility")
HOSPITAL = Code(_ROLE, "HOSP", "Hospital")

AMBULATORY = Code(_ACT, "AMB", "ambulatory")
EMERGENCY = Code(_ACT, "EMER", "emergency")
INPATIENT = Code(_ACT, "IMP", "inpatient encounter")

VIRTUAL = Code(_ACT, "VR", "virtual")
HOME_HEALTH = Code(_ACT, "HH", "home health")
FIRST_FILL = Code(_ACT, "FFC", "First Fill - Complete")
OPT_IN = Code(_ACT, "OPTIN", "")
RESTRICTED = Code(HL7 + "v3-Confidentiality", "R", "restricted")
SENSITIVITIES = {
    "hiv": Code(_ACT, "HIV", "HIV/AIDS information sensitivity"),
    "mental-health": Code(_ACT, "PSY", "psychiatry disorder information sensitivity"),
    "substance-use": Code(_ACT, "ETH", "substance abuse information sensitivity"),
    "sexual-health": Code(_ACT, "STD", "sexually transmitted disease information sensitivity"),
    "partner-abuse": Code(_ACT, "SDV", "sexual assault, abuse, or domestic violence information sensitivity"),
}

RACES = {
    "white": Code(_RACE, "2106-3", "White"),
    "black": Code(_RACE, "2054-5", "Black or African American"),
    "asian": Code(_RACE, "2028-9", "Asian"),
    "native": Code(_RACE, "1002-5", "American Indian or Alaska Native"),
    "pacific": Code(_RACE, "2076-8", "Native Hawaiian or Other Pacific Islander"),
}
HISPANIC = Code(_RACE, "2135-2", "Hispanic or Latino")
NOT_HISPANIC = Code(_RACE, "2186-5", "Not Hispanic or Latino")

MOTHER = Code(_ROLE, "MTH", "mother")
FATHER = Code(_ROLE, "FTH", "father")
SPOUSE = Code(_ROLE, "SPS", "spouse")
CHILD = Code(_ROLE, "CHILD", "child")
BROTHER = Code(_ROLE, "BRO", "brother")
EMERGENCY_CONTACT = Code(HL7 + "v2-0131", "C", "Emergency Contact")

GENERAL_PRACTICE = Code(SNOMED, "394814009", "General practice")
CHECK_UP_APPOINTMENT = Code(HL7 + "v2-0276", "CHECKUP", "A routine check-up, such as an annual physical")
WRITTEN = Code(HL7 + "v3-ParticipationMode", "WRITTEN", "written")

# visits
WELLNESS = Code(SNOMED, "162673000", "General examination of patient (procedure)")
WELL_CHILD = Code(SNOMED, "410620009", "Well child visit (procedure)")
CHECK_UP = Code(SNOMED, "185349003", "Encounter for check up (procedure)")
FOLLOW_UP = Code(SNOMED, "390906007", "Follow-up encounter")
SYMPTOM = Code(SNOMED, "185345009", "Encounter for symptom")
EMERGENCY_ADMISSION = Code(SNOMED, "50849002", "Emergency room admission (procedure)")
PROBLEM_VISIT = Code(SNOMED, "185347001", "Encounter for problem (procedure)")
INPATIENT_STAY = Code(SNOMED, "183452005", "Encounter Inpatient")

# problems
PROBLEM_LIST_ITEM = Code(HL7 + "condition-category", "problem-list-item", "Problem List Item")
DIABETES = Code(SNOMED, "44054006", "Diabetes mellitus type 2 (disorder)")
PREDIABETES = Code(SNOMED, "15777000", "Prediabetes")
HYPERTENSION = Code(SNOMED, "59621000", "Essential hypertension")
HYPERLIPIDEMIA = Code(SNOMED, "55822004", "Hyperlipidemia")
KIDNEY_DISEASE = Code(SNOMED, "433144002", "Chronic kidney disease stage 3 (disorder)")
KIDNEY_FAILURE = Code(SNOMED, "46177005", "End-stage renal disease (disorder)")
OBESITY = Code(SNOMED, "162864005", "Body mass index 30+ - obesity (finding)")
ASTHMA = Code(SNOMED, "195967001", "Asthma")
CHILDHOOD_ASTHMA = Code(SNOMED, "233678006", "Childhood asthma")
CHRONIC_BRONCHITIS = Code(SNOMED, "185086009", "Chronic obstructive bronchitis (disorder)")
HEART_FAILURE = Code(SNOMED, "88805009", "Chronic congestive heart failure (disorder)")
CORONARY_DISEASE = Code(SNOMED, "53741008", "Coronary Heart Disease")
MYOCARDIAL_INFARCTION = Code(SNOMED, "22298006", "Myocardial Infarction")
ANEMIA = Code(SNOMED, "271737000", "Anemia (disorder)")
KNEE_OSTEOARTHRITIS = Code(SNOMED, "239873007", "Osteoarthritis of knee")
HIP_OSTEOARTHRITIS = Code(SNOMED, "239872002", "Osteoarthritis of hip")
OSTEOPOROSIS = Code(SNOMED, "64859006", "Osteoporosis (disorder)")
GOUT = Code(SNOMED, "90560007", "Gout")
RHINITIS = Code(SNOMED, "232353008", "Perennial allergic rhinitis with seasonal variation")
HYPOTHYROIDISM = Code(SNOMED, "40930008", "Hypothyroidism (disorder)")
DEPRESSION = Code(SNOMED, "87512008", "Mild major depression")
ALZHEIMER = Code(SNOMED, "26929004", "Alzheimer's disease (disorder)")
RHEUMATOID_ARTHRITIS = Code(SNOMED, "69896004", "Rheumatoid arthritis")
COLON_POLYP = Code(SNOMED, "68496003", "Polyp of colon")
PREGNANCY = Code(SNOMED, "72892002", "Normal pregnancy")
VIRAL_SINUSITIS = Code(SNOMED, "444814009", "Viral sinusitis (disorder)")
PHARYNGITIS = Code(SNOMED, "195662009", "Acute viral pharyngitis (disorder)")
STREP_THROAT = Code(SNOMED, "43878008", "Streptococcal sore throat (disorder)")
ACUTE_BRONCHITIS = Code(SNOMED, "10509002", "Acute bronchitis (disorder)")
OTITIS_MEDIA = Code(SNOMED, "65363002", "Otitis media")
ANKLE_SPRAIN = Code(SNOMED, "44465007", "Sprain of ankle")
FOREARM_LACERATION = Code(SNOMED, "283371005", "Laceration of forearm")
CONTACT_DERMATITIS = Code(SNOMED, "40275004", "Contact dermatitis")
CONCUSSION = Code(SNOMED, "62106007", "Concussion with no loss of consciousness")
APPENDICITIS = Code(SNOMED, "74400008", "Appendicitis")
PNEUMONIA = Code(SNOMED, "385093006", "Community acquired pneumonia (disorder)")
NEWBORN = Code(SNOMED, "442311008", "Liveborn born in hospital")
HIV_INFECTION = Code(SNOMED, "86406008", "Human immunodeficiency virus infection (disorder)")
ALCOHOL = Code(SNOMED, "10939881000119104", "Unhealthy alcohol drinking behavior (finding)")
OVERDOSE = Code(SNOMED, "55680006", "Drug overdose")
PARTNER_ABUSE = Code(SNOMED, "706893006", "Victim of intimate partner abuse (finding)")
SUICIDE_RISK = Code(SNOMED, "225444004", "At risk for suicide (finding)")
COLON_CANCER_HISTORY = Code(SNOMED, "312824007", "Family history of cancer of colon")

# medications
METFORMIN = Code(RXNORM, "860975", "24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet")
LIRAGLUTIDE = Code(RXNORM, "897122", "3 ML liraglutide 6 MG/ML Pen Injector")
INSULIN_GLARGINE = Code(RXNORM, "285018", "Lantus 100 unit/ml injectable solution")
LISINOPRIL = Code(RXNORM, "314076", "lisinopril 10 MG Oral Tablet")
AMLODIPINE = Code(RXNORM, "197361", "Amlodipine 5 MG Oral Tablet")
HYDROCHLOROTHIAZIDE = Code(RXNORM, "310798", "Hydrochlorothiazide 25 MG Oral Tablet")
SIMVASTATIN = Code(RXNORM, "312961", "Simvastatin 20 MG Oral Tablet")
ATORVASTATIN = Code(RXNORM, "259255", "Atorvastatin 80 MG Oral Tablet")
ASPIRIN = Code(RXNORM, "243670", "Aspirin 81 MG Oral Tablet")
CLOPIDOGREL = Code(RXNORM, "309362", "Clopidogrel 75 MG Oral Tablet")
METOPROLOL = Code(RXNORM, "866924", "Metoprolol Tartrate 25 MG Oral Tablet")
NITROGLYCERIN = Code(RXNORM, "705129", "Nitroglycerin 0.4 MG/ACTUAT Mucosal Spray")
FUROSEMIDE = Code(RXNORM, "313988", "Furosemide 40 MG Oral Tablet")
ALBUTEROL = Code(RXNORM, "745679", "200 ACTUAT Albuterol 0.09 MG/ACTUAT Metered Dose Inhaler")
FLUTICASONE = Code(RXNORM, "895994", "120 ACTUAT Fluticasone propionate 0.044 MG/ACTUAT Metered Dose Inhaler")
ALENDRONATE = Code(RXNORM, "904419", "Alendronic acid 10 MG Oral Tablet")
ALLOPURINOL = Code(RXNORM, "197319", "Allopurinol 100 MG Oral Tablet")
FERROUS_SULFATE = Code(RXNORM, "310325", "ferrous sulfate 325 MG Oral Tablet")
LEVOTHYROXINE = Code(RXNORM, "966222", "Levothyroxine Sodium 0.075 MG Oral Tablet")
METHOTREXATE = Code(RXNORM, "105586", "Methotrexate 10 MG Oral Tablet")
LORATADINE = Code(RXNORM, "311372", "Loratadine 10 MG Oral Tablet")
LORATADINE_CHEWABLE = Code(RXNORM, "665078", "Loratadine 5 MG Chewable Tablet")
AMOXICILLIN = Code(RXNORM, "308182", "Amoxicillin 250 MG Oral Capsule")
AMOXICILLIN_CLAVULANATE = Code(RXNORM, "562251", "Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet")
AZITHROMYCIN = Code(RXNORM, "226827", "Azithromycin 500mg oral tablet (Zithromax)")
PENICILLIN_V = Code(RXNORM, "834102", "Penicillin V Potassium 500 MG Oral Tablet")
ACETAMINOPHEN = Code(RXNORM, "313782", "Acetaminophen 325 MG Oral Tablet")
IBUPROFEN = Code(RXNORM, "310965", "Ibuprofen 200 MG Oral Tablet")
NAPROXEN = Code(RXNORM, "849574", "Naproxen sodium 220 MG Oral Tablet")
HYDROCORTISONE = Code(RXNORM, "106258", "Hydrocortisone 10 MG/ML Topical Cream")

ORAL = Code(SNOMED, "26643006", "Oral Route")
TOPICAL = Code(SNOMED, "6064005", "Topical Route")
SUBCUTANEOUS = Code(SNOMED, "34206005", "Subcutaneous route")
RESPIRATORY = Code(SNOMED, "447694001", "Respiratory tract route")
WITH_FOOD = Code(SNOMED, "311504000", "With or after food")

# allergies
PENICILLIN_G = Code(RXNORM, "7980", "penicillin G")
SULFONAMIDE = Code(SNOMED, "763875007", "Product containing sulfonamide (product)")
PEANUT = Code(SNOMED, "762952008", "Peanuts")
CASHEW = Code(SNOMED, "227493005", "Cashew nuts")
SHELLFISH = Code(SNOMED, "735029006", "Shellfish (substance)")
LATEX = Code(SNOMED, "111088007", "Latex (substance)")
GRASS_POLLEN = Code(SNOMED, "256277009", "Grass pollen (substance)")
CODEINE = Code(RXNORM, "2670", "codeine")
NO_KNOWN_ALLERGY = Code(SNOMED, "716186003", "No known allergy (situation)")
ANAPHYLAXIS = Code(SNOMED, "39579001", "Anaphylactic reaction")
HIVES = Code(SNOMED, "247472004", "Hives")
RASH = Code(SNOMED, "271807003", "skin rash")
NAUSEA = Code(SNOMED, "422587007", "Nausea")

# vital signs and history
VITAL_SIGNS_CATEGORY = Code(HL7 + "observation-category", "vital-signs", "Vital Signs")
LABORATORY_CATEGORY = Code(HL7 + "observation-category", "laboratory", "Laboratory")
SOCIAL_CATEGORY = Code(HL7 + "observation-category", "social-history", "Social History")
SURVEY_CATEGORY = Code(HL7 + "observation-category", "survey", "Survey")
BLOOD_PRESSURE = Code(LOINC, "85354-9", "Blood pressure panel with all children optional")
SYSTOLIC = Code(LOINC, "8480-6", "Systolic blood pressure")
DIASTOLIC = Code(LOINC, "8462-4", "Diastolic blood pressure")
HEART_RATE = Code(LOINC, "8867-4", "Heart rate")
RESPIRATORY_RATE = Code(LOINC, "9279-1", "Respiratory rate")
TEMPERATURE = Code(LOINC, "8310-5", "Body temperature")
OXYGEN_SATURATION = Code(LOINC, "59408-5", "Oxygen saturation in Arterial blood by Pulse oximetry")
OXYGEN_SATURATION_GENERAL = Code(LOINC, "2708-6", "Oxygen saturation in Arterial blood")
WEIGHT = Code(LOINC, "29463-7", "Body Weight")
HEIGHT = Code(LOINC, "8302-2", "Body Height")
BODY_MASS_INDEX = Code(LOINC, "39156-5", "Body mass index (BMI) [Ratio]")
HEAD_CIRCUMFERENCE = Code(LOINC, "9843-4", "Head Occipital-frontal circumference")
PAIN = Code(LOINC, "72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported")
SMOKING = Code(LOINC, "72166-2", "Tobacco smoking status")
NEVER_SMOKER = Code(SNOMED, "266919005", "Never smoker")
FORMER_SMOKER = Code(SNOMED, "8517006", "Former smoker")
DAILY_SMOKER = Code(SNOMED, "449868002", "Current every day smoker")
DEPRESSION_SCORE = Code(LOINC, "44261-6", "Patient Health Questionnaire 9 item (PHQ-9) total score [Reported]")

QUESTIONS = (  # of the Patient Health Questionnaire with 9 items, in its order
    Code(LOINC, "44250-9", "Little interest or pleasure in doing things in last 2 weeks"),
    Code(LOINC, "44255-8", "Feeling down, depressed, or hopeless in last 2 weeks"),
    Code(LOINC, "44259-0", "Trouble falling or staying asleep, or sleeping too much"),
    Code(LOINC, "44254-1", "Feeling tired or having little energy"),
    Code(LOINC, "44251-7", "Poor appetite or overeating"),
    Code(LOINC, "44258-2",
         "Feeling bad about yourself-or that you are a failure or have let yourself or your family down"),
    Code(LOINC, "44252-5",
         "Trouble concentrating on things, such as reading the newspaper or watching television"),
    Code(LOINC, "44253-3",
         "Moving or speaking so slowly that other people could have noticed. Or the opposite-being so fidgety or restless "
         "that you have been moving around a lot more than usual"),
    Code(LOINC, "44260-8", "Thoughts that you would be better off dead, or of hurting yourself in some way"),
)  # fmt: skip
ANSWERS = (  # worth 0, 1, 2 and 3 points
    Code(LOINC, "LA6568-5", "Not at all"),
    Code(LOINC, "LA6569-3", "Several days"),
    Code(LOINC, "LA6570-1", "More than half the days"),
    Code(LOINC, "LA6571-9", "Nearly every day"),
)

# laboratory
LABORATORY_SECTION = Code(HL7 + "v2-0074", "LAB", "Laboratory")
METABOLIC_PANEL = Code(LOINC, "24321-2", "Basic metabolic 2000 panel - Serum or Plasma")
BLOOD_COUNT = Code(LOINC, "58410-2", "CBC panel - Blood by Automated count")
LIPID_PANEL = Code(LOINC, "57698-3", "Lipid Panel")
HEMOGLOBIN_A1C = Code(LOINC, "4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood")
GLUCOSE = Code(LOINC, "2345-7", "Glucose [Mass/volume] in Serum or Plasma")
SENSOR_GLUCOSE = Code(LOINC, "99504-3", "Glucose [Mass/volume] in Interstitial fluid")
UREA_NITROGEN = Code(LOINC, "3094-0", "Urea nitrogen [Mass/volume] in Serum or Plasma")
CREATININE = Code(LOINC, "2160-0", "Creatinine [Mass/volume] in Serum or Plasma")
CALCIUM = Code(LOINC, "17861-6", "Calcium [Mass/volume] in Serum or Plasma")
SODIUM = Code(LOINC, "2951-2", "Sodium [Moles/volume] in Serum or Plasma")
POTASSIUM = Code(LOINC, "2823-3", "Potassium [Moles/volume] in Serum or Plasma")
CHLORIDE = Code(LOINC, "2075-0", "Chloride [Moles/volume] in Serum or Plasma")
CARBON_DIOXIDE = Code(LOINC, "2028-9", "Carbon dioxide, total [Moles/volume] in Serum or Plasma")
FILTRATION_RATE = Code(LOINC, "33914-3", "Estimated Glomerular Filtration Rate")
TOTAL_CHOLESTEROL = Code(LOINC, "2093-3", "Total Cholesterol")
TRIGLYCERIDES = Code(LOINC, "2571-8", "Triglycerides")
LDL_CHOLESTEROL = Code(LOINC, "18262-6", "Low Density Lipoprotein Cholesterol")
HDL_CHOLESTEROL = Code(LOINC, "2085-9", "High Density Lipoprotein Cholesterol")
LEUKOCYTES = Code(LOINC, "6690-2", "Leukocytes [#/volume] in Blood by Automated count")
ERYTHROCYTES = Code(LOINC, "789-8", "Erythrocytes [#/volume] in Blood by Automated count")
HEMOGLOBIN = Code(LOINC, "718-7", "Hemoglobin [Mass/volume] in Blood")
HEMATOCRIT = Code(LOINC, "4544-3", "Hematocrit [Volume Fraction] of Blood by Automated count")
MCV = Code(LOINC, "787-2", "MCV [Entitic volume] by Automated count")
MCH = Code(LOINC, "785-6", "MCH [Entitic mass] by Automated count")
MCHC = Code(LOINC, "786-4", "MCHC [Mass/volume] by Automated count")
PLATELETS = Code(LOINC, "777-3", "Platelets [#/volume] in Blood by Automated count")
THYROTROPIN = Code(LOINC, "3016-3", "Thyrotropin [Units/volume] in Serum or Plasma")
NATRIURETIC_PEPTIDE = Code(LOINC, "33762-6", "NT-proBNP")
URINE_NEGATIVE = Code(SNOMED, "260385009", "Negative")
URINE_POSITIVE = Code(SNOMED, "260348001", "Present ++ out of ++++")
URINE_PROTEIN = Code(LOINC, "20454-5", "Protein [Presence] in Urine by Test strip")

# vaccines
OUT_OF_STOCK = Code(HL7 + "v3-ActReason", "OSTOCK", "product out of stock")
HEP_B_CHILD = Code(CVX, "08", "Hep B, adolescent or pediatric")
ROTAVIRUS = Code(CVX, "119", "rotavirus, monovalent")
DTAP = Code(CVX, "20", "DTaP")
HIB = Code(CVX, "49", "Hib (PRP-OMP)")
PNEUMOCOCCAL = Code(CVX, "133", "Pneumococcal conjugate PCV 13")
POLIO = Code(CVX, "10", "IPV")
INFLUENZA = Code(CVX, "140", "Influenza, seasonal, injectable, preservative free")
MMR = Code(CVX, "03", "MMR")
VARICELLA = Code(CVX, "21", "varicella")
HEP_A_CHILD = Code(CVX, "83", "Hep A, ped/adol, 2 dose")
TDAP = Code(CVX, "115", "Tdap")
HPV = Code(CVX, "62", "HPV, quadrivalent")
MENINGOCOCCAL = Code(CVX, "114", "meningococcal MCV4P")
HEP_B_ADULT = Code(CVX, "43", "Hep B, adult")
TD_ADULT = Code(CVX, "113", "Td (adult) preservative free")
HEP_A_ADULT = Code(CVX, "52", "Hep A, adult")
ZOSTER = Code(CVX, "121", "zoster")

# procedures, notes, plans
CHLAMYDIA_TEST = Code(SNOMED, "310861008", "Chlamydia antigen test")
SYPHILIS_TEST = Code(SNOMED, "269828009", "Syphilis infection test")
HIV_TEST = Code(SNOMED, "31676001", "Human immunodeficiency virus antigen test")
PACEMAKER_INSERTION = Code(SNOMED, "25267002", "Insertion of intracardiac pacemaker (procedure)")
PACEMAKER = Code(SNOMED, "14106009", "cardiac pacemaker, device (physical object)")
KNEE_PROSTHESIS = Code(SNOMED, "109228008", "Knee joint prosthesis")
DIGITAL_RADIOGRAPHY = Code(_DICOM, "DX", "Digital Radiography")
ULTRASOUND = Code(_DICOM, "US", "Ultrasound")
RADIOLOGY = Code(LOINC, "LP29684-5", "Radiology")
IMAGING_REPORT = Code(LOINC, "18748-4", "Diagnostic imaging study")
IMAGE = Code(HL7 + "media-type", "image", "Image")
PRIVACY_CONSENT = Code(LOINC, "59284-0", "")
DIALYSIS = Code(SNOMED, "265764009", "Renal dialysis (procedure)")
COLONOSCOPY = Code(SNOMED, "73761001", "Colonoscopy")
CHEST_XRAY = Code(SNOMED, "399208008", "Plain chest X-ray")
ECHOCARDIOGRAPHY = Code(SNOMED, "40701008", "Echocardiography (procedure)")
SPIROMETRY = Code(SNOMED, "127783003", "Spirometry (procedure)")
SUTURE = Code(SNOMED, "288086009", "Suture open wound")
ANKLE_XRAY = Code(SNOMED, "19490002", "Ankle X-ray")
APPENDECTOMY = Code(SNOMED, "6025007", "Laparoscopic appendectomy")
BONE_DENSITY = Code(SNOMED, "312681000", "Bone density scan (procedure)")
STENT = Code(SNOMED, "415070008", "Percutaneous coronary intervention")
THROAT_CULTURE = Code(SNOMED, "117015009", "Throat culture (procedure)")
RECONCILIATION = Code(SNOMED, "430193006", "Medication Reconciliation (procedure)")
AUTHENTICATED = Code(HL7 + "v3-DocumentCompletion", "AU", "authenticated")
AUTHOR = Code(HL7 + "provenance-participant-type", "author", "Author")
PROGRESS_NOTE = Code(LOINC, "11506-3", "Progress note")
DISCHARGE_SUMMARY = Code(LOINC, "18842-5", "Discharge summary")
EMERGENCY_NOTE = Code(LOINC, "34111-5", "Emergency department Note")
HISTORY_NOTE = Code(LOINC, "34117-2", "History and physical note")
DIABETES_PLAN = Code(SNOMED, "698360004", "Diabetes self management plan")
ASTHMA_PLAN = Code(SNOMED, "699728000", "Asthma self management")
HEART_FAILURE_PLAN = Code(SNOMED, "735984001", "Heart failure self management plan")
HYPERTENSION_PLAN = Code(SNOMED, "443402002", "Lifestyle education regarding hypertension")
PRIMARY_CARE = Code(SNOMED, "453231000124104", "Primary care provider")
PATIENT_ROLE = Code(SNOMED, "116154003", "Patient")
PREFERRED_PROVIDER = Code("https://nahdo.org/sopt", "3712", "PPO")
