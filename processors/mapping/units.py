"""Units as senders write them -> UCUM: our own table, reviewed by hand; what is not here stays text.

Left out on purpose, because senders mean different things by them: `G`, `M`, `U`, `units`, `MU/L`, `cu mm`. A site says
what its own mean (key `units`).
"""

#: UCUM code -> other spellings, separated by `;`. A code stands for itself too.
_SPELLINGS = {
    # Amount and mass of substance in a volume
    "mmol/L": "mmol/l; MMOL/L; mmol/Liter; mmol/litre; mmoles/L; millimol/L; mM/L; mmol / L",
    "umol/L": "umol/l; UMOL/L; mcmol/L; umoles/L; micromol/L; mcmol/l; uM/L",
    "nmol/L": "nmol/l; NMOL/L",
    "pmol/L": "pmol/l; PMOL/L",
    "mol/L": "mol/l; MOL/L",
    "meq/L": "mEq/L; MEQ/L; meq/l; mEq/l; mEQ/L; mequiv/L; MEq/L",
    "mmol/mol": "MMOL/MOL; mmol/mol Hb; mmol/molHb",
    "mg/mmol": "MG/MMOL; mg/mmol creat; mg/mmolCr",
    "mg/g": "MG/G; mg/gCr; mg/g creat; mg/gCreat",
    "ug/mg": "mcg/mg; ug/mgCr; mcg/mgCr",
    "ug/g": "mcg/g; UG/G",
    "g/dL": "g/dl; G/DL; gm/dL; gm/dl; GM/DL; gms/dL; g/100mL; gm%; g%; gram/dL; G/dL",
    "g/L": "g/l; G/L; gm/L; gm/l",
    "mg/dL": "mg/dl; MG/DL; mg/100mL; mg/100ml; mg%; MG%; mgs/dL; Mg/dL",
    "mg/L": "mg/l; MG/L",
    "mg/mL": "mg/ml; MG/ML",
    "ug/dL": "ug/dl; UG/DL; mcg/dL; mcg/dl; MCG/DL",
    "ug/L": "ug/l; UG/L; mcg/L; mcg/l; MCG/L",
    "ug/mL": "ug/ml; UG/ML; mcg/mL; mcg/ml; MCG/ML",
    "ng/dL": "ng/dl; NG/DL",
    "ng/L": "ng/l; NG/L",
    "ng/mL": "ng/ml; NG/ML",
    "pg/mL": "pg/ml; PG/ML; pgm/mL",
    "pg/dL": "pg/dl; PG/DL",
    "pg/L": "pg/l",
    "fg/mL": "fg/ml",
    "mg/24.h": "mg/24h; mg/24hr; mg/24 hr; mg/24 h; mg/24hrs; MG/24HR",
    "g/24.h": "g/24h; g/24hr; g/24 hr; gm/24hr",
    "ug/24.h": "ug/24h; mcg/24h; ug/24hr; mcg/24hr; ug/24 hr",
    "mmol/24.h": "mmol/24h; mmol/24hr; mmol/24 hr",
    "umol/24.h": "umol/24h; umol/24hr",
    "mL/24.h": "mL/24h; mL/24hr; ml/24hr; mL/24 hr; ml/24h",
    "mg/d": "mg/day; MG/DAY",
    "g/d": "g/day; gm/day",
    # Activity
    "U/L": "u/L; U/l; u/l; units/L; Units/L; UNITS/L",
    "kU/L": "KU/L; ku/L; kU/l",
    "U/mL": "U/ml; u/mL; u/ml; units/mL; Units/mL; UNITS/ML; U/ML",
    "U/dL": "U/dl; u/dL",
    "mU/L": "mU/l",
    "mU/mL": "mU/ml",
    "uU/mL": "uU/ml; mcU/mL; mcunit/mL; uUnits/mL",
    "[IU]/L": "IU/L; iu/L; IU/l; iu/l; [iU]/L",
    "[IU]/mL": "IU/mL; IU/ml; iu/mL; IU/ML; [iU]/mL",
    "m[IU]/L": "mIU/L; mIU/l; miu/L; MIU/L; m[iU]/L",
    "m[IU]/mL": "mIU/mL; mIU/ml; MIU/ML; miu/mL; m[iU]/mL",
    "u[IU]/mL": "uIU/mL; uIU/ml; UIU/ML; mcIU/mL; uiu/mL; u[iU]/mL",
    "k[IU]/L": "kIU/L; KIU/L; kIU/l",
    "k[IU]/mL": "kIU/mL",
    "[IU]": "IU; iu; I.U.; intl units; [iU]",
    "U/g": "u/g",
    "U/g{Hb}": "U/gHb; U/g Hb",
    "ukat/L": "ukat/l; UKAT/L; mckat/L",
    "nkat/L": "nkat/l",
    "[arb'U]/mL": "AU/mL; AU/ml",
    "[GPL'U]": "GPL; GPL U; GPL-U/mL; GPL U/mL",
    "[MPL'U]": "MPL; MPL U; MPL-U/mL; MPL U/mL",
    "[EU]": "EU",
    # Counts
    "10*9/L": "10^9/L; x10^9/L; X10^9/L; 10E9/L; 10e9/L; x10E9/L; x10e9/L; 10**9/L; x10(9)/L; 10(9)/L; x 10^9/L;"
    " 10^9/l; x10*9/L; X10*9/L; 10exp9/L; giga/L; Giga/L; GPt/L; Gpt/L; 10\u2079/L; /nL",
    "10*12/L": "10^12/L; x10^12/L; X10^12/L; 10E12/L; 10e12/L; x10E12/L; x10e12/L; 10**12/L; x10(12)/L; 10(12)/L;"
    " 10^12/l; x10*12/L; X10*12/L; 10exp12/L; tera/L; Tera/L; TPt/L; Tpt/L; /pL",
    "10*6/L": "10^6/L; x10^6/L; 10E6/L; x10E6/L; 10e6/L; x10*6/L; MPt/L; Mpt/L",
    "10*3/uL": "10^3/uL; x10^3/uL; X10^3/uL; 10E3/uL; 10e3/uL; x10E3/uL; x10e3/uL; X10E3/UL; 10**3/uL; x10(3)/uL;"
    " 10(3)/uL; x10*3/uL; X10*3/uL; 10exp3/uL; K/uL; k/uL; K/UL; K/ul; k/ul; K/mcL; k/mcL; K/MCL; thou/uL; Thou/uL;"
    " thous/uL; Thousand/uL; THOUS/UL; th/uL; 10^3/ul; 10^3/mcL; x10^3/mcL; 10*3/mcL; 10*3/ul; 10*3/UL; x1000/uL;"
    " 1000/uL; K/cumm; K/CUMM; k/cumm; thou/cumm; thou/mcL; Thou/mcL; thousand/uL; Thousands/uL",
    "10*3/mm3": "10^3/mm3; K/mm3; k/mm3; x10^3/mm3; 10*3/mm^3; 10^3/mm^3; thou/mm3; K/mm^3",
    "10*6/uL": "10^6/uL; x10^6/uL; X10^6/uL; 10E6/uL; 10e6/uL; x10E6/uL; x10e6/uL; X10E6/UL; 10**6/uL; x10(6)/uL;"
    " 10(6)/uL; x10*6/uL; X10*6/uL; 10exp6/uL; M/uL; M/UL; M/ul; M/mcL; mil/uL; Mil/uL; mill/uL; Mill/uL; MIL/UL;"
    " million/uL; Million/uL; 10^6/ul; 10^6/mcL; x10^6/mcL; 10*6/mcL; 10*6/ul; 10*6/UL; M/cumm; mill/cumm; mil/mcL",
    "10*6/mm3": "10^6/mm3; M/mm3; x10^6/mm3; 10*6/mm^3; mill/mm3",
    "10*3": "10^3; x10^3",
    "10*6": "10^6; x10^6",
    "/uL": "#/uL; cells/uL; Cells/uL; CELLS/UL; cells/mcL; cell/uL; {cells}/uL; /mcL; /ul; per uL; cells/ul; #/mcL",
    "/mm3": "cells/mm3; /cumm; cells/cumm; /mm^3; #/mm3",
    "/mL": "/ml; cells/mL; CELLS/ML",
    "/L": "/l; cells/L",
    "/[HPF]": "/HPF; /hpf; hpf; HPF; per hpf; #/HPF; #/hpf; cells/HPF; cells/hpf; /hp field; /high power field",
    "/[LPF]": "/LPF; /lpf; lpf; LPF; per lpf; #/LPF; #/lpf; /low power field",
    "/100{WBCs}": "/100 WBC; /100WBC; /100 WBCs; /100 wbc; per 100 WBC; /100{WBC}; NRBC/100 WBC; #/100 WBC",
    "[CFU]/mL": "CFU/mL; CFU/ml; cfu/mL; cfu/ml; CFU/ML; col/mL",
    "[CFU]": "CFU; cfu",
    "{copies}/mL": "copies/mL; copies/ml; Copies/mL; COPIES/ML; cp/mL; cps/mL",
    "{copies}": "copies; Copies",
    "{Log_copies}/mL": "log copies/mL; log cp/mL; Log copies/mL; log10 copies/mL",
    "{Log_IU}/mL": "log IU/mL; Log IU/mL; log10 IU/mL",
    # Shares and numbers
    "%": "percent; Percent; PERCENT; pct; PCT",
    "%{saturation}": "% sat; %sat; % saturation; %Sat",
    "%{total}": "% total; % of total",
    "%{Hb}": "% Hb; %Hb; % of total Hb",
    "[ppm]": "ppm; PPM",
    "[ppb]": "ppb; PPB",
    "{ratio}": "ratio; Ratio; RATIO",
    "{INR}": "INR; inr; Inr",
    "{index}": "index; Index; INDEX",
    "{titer}": "titer; Titer; TITER; titre",
    "{score}": "score; Score; SCORE; points",
    "{S_CO_ratio}": "S/CO; s/co; S/CO ratio; S/Co",
    "[pH]": "pH; PH; pH units; pH unit",
    # Cells, blood, clotting
    "fL": "fl; FL; femtoliter; femtoliters; cu microns; um3; um^3",
    "pg": "PG; picogram; picograms; pg/cell",
    "s": "sec; Sec; SEC; secs; second; seconds; Seconds; SECONDS; sec.",
    "mm/h": "mm/hr; MM/HR; mm/1hr; mm/hour; mm/H; mm/1h; mm/Hr; mm/1 hr",
    "ug{FEU}/mL": "ug/mL FEU; mcg/mL FEU; ug FEU/mL; mcg FEU/mL; ug/ml FEU; mg/L FEU; UG/ML FEU",
    "ng{FEU}/mL": "ng/mL FEU; ng FEU/mL; ng/ml FEU; NG/ML FEU",
    "ng{DDU}/mL": "ng/mL DDU; ng DDU/mL; ng/mL D-DU",
    "mosm/kg": "mOsm/kg; mosmol/kg; mOsmol/kg; MOSM/KG; mOsm/Kg; mosm/Kg; mOsm/kg H2O; mOsm/kgH2O; mmol/kg H2O",
    "mosm/L": "mOsm/L; mosmol/L; mOsmol/L; MOSM/L",
    "mL/min": "ml/min; ML/MIN; mls/min; cc/min",
    "mL/min/{1.73_m2}": "mL/min/1.73m2; mL/min/1.73 m2; ml/min/1.73m2; mL/min/1.73m^2; mL/min/1.73M2; ml/min/1.73 m2;"
    " mL/min/1.73 sq.m; mL/min/1.73 m^2; ML/MIN/1.73M2; mL/min/1.73sqm; mL/min/{1.73m2}; ml/min/1.73m^2; mL/min/1.73",
    "mL/s": "ml/s; mL/sec; ml/sec",
    "mL/dL": "ml/dL; ml/dl; mL/dl; vol%; Vol%; vol %",
    # Blood gases, vital signs
    "kPa": "KPA; kpa; kPA",
    "mm[Hg]": "mmHg; mmhg; MMHG; MMHg; mm/Hg; torr; Torr; TORR; mm(Hg); mm[hg]",
    "cm[H2O]": "cmH2O; cmh2o; CMH2O; cm(H2O); cmsH2O",
    "Cel": "C; degC; DegC; DEGC; deg.C; °C; ºC; ˚C; Celsius; celsius; CELSIUS; degreesC; degreeC; DegreesC; cel; CEL",
    "[degF]": "F; degF; DegF; DEGF; deg.F; °F; ºF; ˚F; Fahrenheit; fahrenheit; FAHRENHEIT; degreesF; DegreesF; [DEGF]",
    "/min": "bpm; BPM; beats/min; beats/minute; Beats/min; beat/min; breaths/min; breaths/minute; Breaths/min;"
    " br/min; brpm; resp/min; per min; 1/min; /minute; {beats}/min; {breaths}/min; /MIN; bts/min; breath/min",
    "/s": "/sec; per second; 1/s",
    "/h": "/hr; /hour; per hour; 1/h",
    "/d": "/day; per day; 1/d",
    "L/min": "l/min; L/MIN; lpm; LPM; liters/min; Lpm; L/Min",
    "L/min/m2": "l/min/m2; L/min/m^2; L/min/sqm",
    "L/s": "l/s; L/sec; l/sec",
    "dyn.s/cm5": "dyn*s/cm5; dynes/sec/cm-5; dynes-sec/cm5; dyne.s/cm5; dynes*s/cm5",
    "kg/m2": "kg/m^2; kg/sqm; kg/m²; Kg/m2; KG/M2; kg/m**2; kg/M2; kgs/m2; kg/sq.m; kg/(m^2)",
    "m2": "m^2; sqm; m²; M2; sq.m; sqmeters; m**2",
    "kg": "KG; Kg; kgs; kilogram; kilograms; Kilograms; KGS; kilo; kg.",
    "g": "gm; gms; GM; gram; grams; Grams; GMS; gr.; g.",
    "[lb_av]": "lb; lbs; LB; LBS; Lbs; lb.; lbs.; pound; pounds; Pounds; lb_av; Lb; [LB_AV]",
    "[oz_av]": "oz; OZ; ounce; ounces; oz.; Oz; oz_av; ozs; [OZ_AV]",
    "[in_i]": "in; inch; inches; IN; Inches; in.; ins; INCHES; in_i; INCH; [IN_I]",
    "[ft_i]": "ft; feet; foot; FT; ft.; Feet; [FT_I]",
    "cm": "CM; cms; centimeter; centimeters; centimetres; Cm; centimetre",
    "mm": "MM; millimeter; millimeters; millimetres; mms",
    "m": "meter; meters; metre; metres; mtr",
    "um": "micron; microns; micrometer; micrometers; UM; mcm",
    "Hz": "HZ; hertz; hz",
    "mV": "MV; millivolt; millivolts; mv",
    "W": "watt; watts; Watts",
    "kcal": "KCAL; kilocalories; Kcal; kCal",
    "kcal/d": "kcal/day; kcal/24hr; kcal/24h; Kcal/day",
    "kJ": "KJ; kilojoules",
    "[diop]": "diopter; diopters; dpt; Diopter",
    "dB": "DB; db; decibel",
    "deg": "degree; degrees; Degrees; DEG; °",
    # Time
    "ms": "msec; MSEC; msecs; milliseconds; millisecond; msec.",
    "min": "MIN; Min; mins; minute; minutes; Minutes; MINUTES; mins.; min.",
    "h": "hr; hrs; HR; HRS; hour; hours; Hours; HOURS; Hr; hr.; H",
    "d": "day; days; DAY; DAYS; Day; Days",
    "wk": "week; weeks; WEEK; WEEKS; wks; Week; Weeks; WK; wk.",
    "mo": "month; months; MONTH; MONTHS; mos; Month; Months; mth; mths; MO; mon",
    "a": "year; years; YEAR; YEARS; yr; yrs; YR; YRS; Year; Years; y; yo; y/o; yr.",
    # Doses and volumes
    "mg": "MG; mgs; milligram; milligrams; Mg; mg.; mgm; MGM",
    "ug": "mcg; MCG; UG; microgram; micrograms; Mcg; mcgs; mcg.; mikrog",
    "ng": "NG; nanogram; nanograms",
    "mmol": "MMOL; millimole; millimoles; mmols; mMol; mmole",
    "umol": "UMOL; micromole; micromoles; mcmol",
    "meq": "mEq; MEQ; mEqs; milliequivalent; milliequivalents; mEQ; meqs",
    "mL": "ml; ML; mls; mLs; cc; CC; milliliter; milliliters; millilitre; millilitres; Ml; cm3; cm^3; ccs; ml.; MLS",
    "L": "l; liter; liters; litre; litres; LITER; Liter; Liters; lt; ltr",
    "dL": "dl; DL; deciliter; deciliters",
    "uL": "ul; UL; mcL; mcl; microliter; microliters; MCL",
    "mg/kg": "MG/KG; mg/Kg; mg/kg/dose; mgs/kg",
    "ug/kg": "mcg/kg; MCG/KG; ug/Kg; mcg/Kg",
    "mL/kg": "ml/kg; ML/KG; cc/kg",
    "g/kg": "gm/kg; G/KG",
    "mg/m2": "mg/m^2; MG/M2; mg/sqm; mg/m²; mg/sq.m",
    "mg/kg/d": "mg/kg/day; MG/KG/DAY; mg/Kg/day; mg/kg/24h; mg/kg/24hr",
    "mg/kg/h": "mg/kg/hr; MG/KG/HR; mg/kg/hour",
    "mg/kg/min": "MG/KG/MIN; mg/Kg/min",
    "ug/kg/min": "mcg/kg/min; MCG/KG/MIN; mcg/Kg/min; mcg/kg/minute",
    "ug/kg/h": "mcg/kg/hr; MCG/KG/HR; mcg/kg/h; ug/kg/hr; mcg/kg/hour",
    "ug/min": "mcg/min; MCG/MIN; mcg/minute",
    "ug/h": "mcg/hr; MCG/HR; mcg/h; ug/hr; mcg/hour",
    "mg/h": "mg/hr; MG/HR; mg/hour",
    "mg/min": "MG/MIN; mg/minute",
    "g/h": "g/hr; gm/hr; gm/h",
    "mL/h": "ml/hr; mL/hr; ML/HR; ml/h; cc/hr; mL/hour; ml/hour; cc/h; mls/hr",
    "mL/kg/h": "ml/kg/hr; mL/kg/hr; ml/kg/h; cc/kg/hr",
    "L/h": "l/hr; L/hr; liters/hr",
    "meq/h": "mEq/hr; MEQ/HR; mEq/h",
    "[IU]/kg": "IU/kg; IU/Kg; iu/kg",
    "[IU]/h": "IU/hr; IU/h; iu/hr; IU/hour",
    "[drp]": "drop; drops; gtt; gtts; Drop; Drops; drp; DROP; DROPS; GTT; GTTS",
    "[drp]/min": "gtt/min; drops/min; gtts/min",
    "[tsp_us]": "tsp; teaspoon; teaspoons; TSP; tspn; tsps",
    "[tbs_us]": "tbsp; tablespoon; tablespoons; TBSP; tbs; tbsps",
    "[foz_us]": "fl oz; floz; fl.oz; fluid ounce; fluid ounces",
    "{tbl}": "tab; tabs; TAB; TABS; tablet; tablets; Tab; Tablet; Tablets; TABLET; TABLETS; tablet(s); tab(s)",
    "{capsule}": "cap; caps; CAP; CAPS; capsule; capsules; Cap; Capsule; CAPSULE; CAPSULES; capsule(s); cap(s)",
    "{puff}": "puff; puffs; PUFF; PUFFS; Puff; puff(s)",
    "{spray}": "spray; sprays; SPRAY; Spray; spray(s)",
    "{patch}": "patch; patches; PATCH; Patch; patch(es)",
    "{supp}": "supp; suppository; suppositories; SUPP; Suppository",
    "{dose}": "dose; doses; DOSE; Dose; DOSES",
    "{vial}": "vial; vials; VIAL; VIALS; Vial",
    "{ampule}": "amp; amps; ampule; ampules; ampoule; ampoules; AMP; ampul",
    "{each}": "each; ea; EA; EACH; Each; ea.",
    "{applicator}": "applicator; applicatorful; applicatorfuls; applicators",
    "{lozenge}": "lozenge; lozenges; LOZENGE",
    "{packet}": "packet; packets; PACKET; pkt; sachet; sachets",
}


def _table() -> dict[str, str]:
    found: dict[str, str] = {}
    for code, others in _SPELLINGS.items():
        for sent in (code, *others.split(";")):
            found[sent.strip()] = code
            found["".join(sent.split())] = code
    return found


#: Unit as sent, with and without the blanks inside -> UCUM.
UNITS = _table()
_MICRO = str.maketrans("µμ", "uu")


def ucum(sent: str, declared: bool = False) -> str:
    """The UCUM code for a unit as sent, "" when it is not known. `declared`: the sender names UCUM as the system.

    The table goes before that claim: `K/uL` is thousands, whatever system is named beside it.
    """
    found = UNITS.get(sent)
    if found is None:
        found = UNITS.get("".join(sent.translate(_MICRO).split()), "")
    return found or (sent if declared else "")
