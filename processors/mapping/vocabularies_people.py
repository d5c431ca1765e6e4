"""HL7 tables of people: race, religion, language, relationships, roles, ways to reach them."""


def _words(text: str) -> list[str]:
    return text.split()


#: OMB race categories of CDCREC, which table 0005 took over: display.
OMB_RACE = {
    "1002-5": "American Indian or Alaska Native",
    "2028-9": "Asian",
    "2054-5": "Black or African American",
    "2076-8": "Native Hawaiian or Other Pacific Islander",
    "2106-3": "White",
}
#: CDCREC code or code of table 0189 -> OMB ethnicity category: code, display.
OMB_ETHNICITY = {
    "2135-2": ("2135-2", "Hispanic or Latino"),
    "H": ("2135-2", "Hispanic or Latino"),
    "2186-5": ("2186-5", "Not Hispanic or Latino"),
    "N": ("2186-5", "Not Hispanic or Latino"),
    "NH": ("2186-5", "Not Hispanic or Latino"),
}

#: 0006 religion -> v3-ReligiousAffiliation: code, display. The rest keeps its v2 code.
RELIGION = {
    "A": ("1007", "Atheism"),
    "B": ("1009", "Baptist"),
    "E": ("1069", "Episcopalian"),
    "J": ("1026", "Judaism"),
    "L": ("1028", "Lutheran"),
    "M": ("1027", "Latter Day Saints"),
    "N": ("1020", "Hinduism"),
    "P": ("1077", "Protestant"),
    "AGN": ("1004", "Agnosticism"),
    "ATH": ("1007", "Atheism"),
    "BAH": ("1008", "Babi & Baha'I faiths"),
    "BRE": ("1062", "Brethren"),
    "BMA": ("1029", "Mahayana"),
    "BTH": ("1051", "Theravada"),
    "CHR": ("1013", "Christian (non-Catholic, non-specific)"),
    "ANG": ("1005", "Anglican"),
    "AOG": ("1061", "Assembly of God"),
    "BAP": ("1009", "Baptist"),
    "CRR": ("1079", "Reformed"),
    "CHS": ("1063", "Christian Scientist"),
    "COC": ("1064", "Church of Christ"),
    "COG": ("1065", "Church of God"),
    "COL": ("1066", "Congregational"),
    "EOT": ("1068", "Eastern Orthodox"),
    "EPI": ("1069", "Episcopalian"),
    "FRQ": ("1071", "Friends"),
    "FUL": ("1072", "Full Gospel"),
    "JWN": ("1025", "Jehovah's Witnesses"),
    "MOM": ("1027", "Latter Day Saints"),
    "LUT": ("1028", "Lutheran"),
    "MET": ("1073", "Methodist"),
    "NAZ": ("1075", "Nazarene"),
    "ORT": ("1036", "Orthodox"),
    "PEN": ("1038", "Pentecostal"),
    "PRE": ("1076", "Presbyterian"),
    "PRO": ("1077", "Protestant"),
    "PRC": ("1078", "Protestant, No Denomination"),
    "QUA": ("1071", "Friends"),
    "REC": ("1079", "Reformed"),
    "CAT": ("1041", "Roman Catholic Church"),
    "SAA": ("1080", "Salvation Army"),
    "SEV": ("1001", "Adventist"),
    "UCC": ("1082", "United Church of Christ"),
    "UNI": ("1052", "Unitarian-Universalism"),
    "UNU": ("1081", "Unitarian Universalist"),
    "CNF": ("1014", "Confucianism"),
    "DOC": ("1067", "Disciples of Christ"),
    "HSH": ("1020", "Hinduism"),
    "HVA": ("1020", "Hinduism"),
    "HOT": ("1020", "Hinduism"),
    "JAI": ("1024", "Jainism"),
    "MOS": ("1023", "Islam"),
    "MSH": ("1045", "Shiite (Islam)"),
    "MSU": ("1049", "Sunni (Islam)"),
    "NAM": ("1074", "Native American"),
    "SHN": ("1046", "Shinto"),
    "SIK": ("1047", "Sikism"),
    "SPI": ("1048", "Spiritualism"),
}

#: 0360 degree, licence, certificate: the codes of v2-0360; other texts stay texts.
DEGREES = frozenset(
    _words("""
    PN AAS AA ABA AE AS BA BBA BE BFA BN BS BSL BSN BT CER CANP CMA CNP CNM CRN CNS CPNP CTR DIP DBA DED PharmD
    PHE PHD PHS MD DO EMT EMTP FPNP HS JD MA MBA MCE MDI MED MEE ME MFA MME MS MSL MSN MTH MDA MT NG NP PA RMA
    RN RPH SEC TS
    """)
)

#: ISO 639-1 codes, which are languages of BCP 47.
LANGUAGES = frozenset(
    _words("""
    aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee
    el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is
    it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms
    mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk
    sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi
    yo za zh zu
    """)
)
#: ISO 639-2 code (both kinds) -> the shorter code that BCP 47 asks for.
LANGUAGE_SHORT = dict(
    pair.split(":")
    for pair in _words("""
    afr:af alb:sq amh:am ara:ar arm:hy aze:az baq:eu bel:be ben:bn bos:bs bul:bg bur:my cat:ca ces:cs chi:zh
    cze:cs cym:cy dan:da deu:de dut:nl ell:el eng:en est:et eus:eu fas:fa fin:fi fra:fr fre:fr geo:ka ger:de
    gle:ga gre:el guj:gu hat:ht hau:ha heb:he hin:hi hrv:hr hun:hu hye:hy ibo:ig ice:is ind:id isl:is ita:it
    jpn:ja kan:kn kat:ka kaz:kk khm:km kor:ko kur:ku lao:lo lav:lv lit:lt ltz:lb mac:mk mal:ml mar:mr may:ms
    mkd:mk mlt:mt mon:mn msa:ms mya:my nav:nv nep:ne nld:nl nor:no pan:pa per:fa pol:pl por:pt pus:ps ron:ro
    rum:ro run:rn rus:ru sin:si slk:sk slo:sk slv:sl smo:sm som:so spa:es sqi:sq srp:sr swa:sw swe:sv tam:ta
    tel:te tgl:tl tha:th tir:ti ton:to tur:tr ukr:uk urd:ur uzb:uz vie:vi wel:cy wol:wo xho:xh yid:yi yor:yo
    zho:zh zul:zu
    """)
)

#: 0063 relationship -> v3-RoleCode: code, display, beside RELATIONSHIP.
OWN_RELATIONSHIP = {"SEL": ("ONESELF", "self")}
#: 0063 relationship -> contact role of table 0131: code, display.
CONTACT_ROLE = {
    "EMR": ("E", "Employer"),
    "EMC": ("C", "Emergency Contact"),
    "UNK": ("U", "Unknown"),
    "OTH": ("O", "Other"),
}
#: NK1-3 of organisations (the guide's message tables): they are contacts, and no related persons.
ORGANISATION_CONTACTS = frozenset(("EMR", "E", "F", "I", "S"))

#: 0443 provider role -> v3-ParticipationType: code, display.
PROVIDER_ROLE = {
    "AD": ("ADM", "admitter"),
    "AT": ("ATND", "attender"),
    "CP": ("CON", "consultant"),
    "RP": ("REF", "referrer"),
}
#: 0443 provider role -> SNOMED CT: code, display.
PROVIDER_OCCUPATION = {
    "PP": ("446050000", "Primary care physician"),
    "PI": ("40570005", "Interpreter"),
}
#: 0912 participation -> practitioner-role: code, display.
PARTICIPATION = {"PH": ("pharmacist", "Pharmacist")}
#: Codes of tables 0443 and 0912: someone of the care of the patient, not of their family.
PARTICIPATIONS = frozenset(
    _words("""
    AAP AC AD AHP AI AP APO ARI AT AUT CLP CP DP EARI EP EPRI EQUIP FHCP IP MDIR OP OS PB PH PI PO POMD PP PPH PRI
    RCT RHP RO RP RPO RT SB SC TN TR VP VPS VTS WAY WAYR
    """)
)
#: 0338 practitioner id number type -> v2-0203, where the two differ.
PRACTITIONER_ID = {"L&I": "LI"}
#: Codes of table 0338, and what senders use beside them, that v2-0203 has as well.
PRACTITIONER_IDS = frozenset(_words("CY DEA GL LI MCD MCR NPI QA SL TAX TRL UPIN"))

#: 0185 preferred method of contact -> system and use of the contact point that it means ("" = any use).
PREFERRED_CONTACT = {
    "B": ("pager", ""),
    "C": ("phone", "mobile"),
    "E": ("email", ""),
    "F": ("fax", ""),
    "H": ("phone", "home"),
    "O": ("phone", "work"),
}

#: 0301 universal id types.
UNIVERSAL_ID_TYPES = frozenset(_words("CLIA CLIP DNS EUI64 GUID HCD HL7 ISO L,M,N Random URI UUID x400 x500"))
#: 0190 address types.
ADDRESS_TYPES = frozenset(_words("BA BI N BDL F C B H L M O P RH BR S SH TM V"))
