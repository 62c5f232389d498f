"""What the headers of common exports and of several languages are taken for."""

import pytest

from weft.identity.kinds.proposal.headers import read_header

HEADERS = {
    "given_name": (
        "first_name FirstName firstname First-Name given_name fname vorname Prénom nombres name_first "
        "customer_first_name 名字"
    ),
    "family_name": (
        "last_name LastName surname lname family_name Nachname apellidos Apellido cognome achternaam 姓 성"
    ),
    "full_name": ("full_name FullName 성명 이름 고객명 姓名 客戶姓名 회원이름 display_name NombreCompleto"),
    "name": "name Name customer_name Kundenname contact_name nombre nom",
    "birth_date": (
        "dob DOB date_of_birth Birthdate birth_date BirthDate Geburtsdatum date_naissance "
        "Date-de-naissance fecha_nacimiento 생년월일 고객생년월일 生日 出生日期 patient_dob YearOfBirth"
    ),
    "email": (
        "email Email e-mail email_address EmailAddress E-Mail-Adresse correo_electronico courriel 이메일 "
        "電子郵件 contact_email"
    ),
    "phone": (
        "phone Phone mobile MobilePhone HomePhone other_phone phone_number Phone2 telefon Telefonnummer "
        "handy telephone movil 휴대폰번호 고객전화번호 연락처 手機號碼 聯絡電話 billing_phone_number"
    ),
    "postcode": (
        "zip zipcode ZipCode postcode postal_code MailingPostalCode Billing-Zip PLZ code_postal "
        "codigo_postal 우편번호 郵遞區號"
    ),
    "street": (
        "street address address_1 Address1 address_line_2 MailingStreet mailing_address_street_name "
        "street_number mailing_address_po_box unit_number Straße Hausnummer adresse direccion 주소 "
        "집주소 地址 Default_Address_Address1"
    ),
    "city": "city City suburb town MailingCity billing_city Ort Wohnort ville ciudad 도시 縣市",
    "region": ("state State province BillingState Default_Address_Province_Code county Bundesland 시도 省"),
    "national_id": (
        "ssn SSN soc_sec_id social_security_number national_id passport_no tax_id dni 주민등록번호 "
        "身分證字號 nhs_number"
    ),
    "gender": "gender sex Sex Geschlecht sexe 성별 性別",
    "category": ("middle_initial salutation race_ethnicity nationality company job_title BirthCity 국적"),
    "text": "middle_name maiden_name nickname",
    "other": (
        "employer_name employer_city guardian_1 mother_name mothers_maiden_name copy_ssn "
        "copy_date_of_birth copy_age emergency_contact_phone spouse_name OwnerId owner_email AccountName "
        "AssistantPhone product_name 보호자연락처 회사전화번호 담당자이메일 監護人姓名 公司電話 "
        "Arbeitgeber_Ort nom_mere school_address"
    ),
    "noise": (
        "age wages tax_year survey_date CreatedDate LastModifiedDate created_at status email_opt_in "
        "lead_source Accepts_Email_Marketing Total_Spent notes latitude url cluster truth_label "
        "__index_level_0__ household_id order_date 가입일자 주문금액 최근접속일 建立時間 訂單金額 年齡 "
        "나이"
    ),
    "id": (
        "id ID rec_id unique_id customer_id simulant_id ContactId uuid Kundennummer member_no 회원번호 "
        "會員編號 record_key"
    ),
    "": "c7 x foo column_b 값 blarg",
}


@pytest.mark.parametrize(
    ("header", "meaning"),
    [(header, meaning) for meaning, headers in HEADERS.items() for header in headers.split()],
)
def test_a_header_says(header: str, meaning: str) -> None:
    assert read_header(header).meaning == meaning


@pytest.mark.parametrize(
    "header", ["", " ", "\x00", "\U0001f600", "___", "a" * 10_000, "번호" * 5_000, "1", "１２"]
)
def test_a_header_that_is_none(header: str) -> None:
    assert read_header(header).meaning in {"", "id"}
