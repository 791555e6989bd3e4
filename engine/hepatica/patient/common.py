"""The clinical fields that the program ships with."""

from __future__ import annotations

from collections.abc import Iterable

from hepatica.patient.fields import Field, Fields
from hepatica.patient.text import listed, table
from hepatica.patient.vocabulary import DRUGS, NO_SYSTEMIC_THERAPY, PLACES, UNCLEAR_PLACES

# Published factors from IU/mL to ng/mL differ. 1.21: makers of assays calibrated against WHO 72/225. 1.28: the Canadian
# reference serum, 80.7 µg for 63.0 kIU (Clin Biochem 1980, doi 10.1016/s0009-9120(80)80010-5). 0.83: the same 1.21 the
# other way round (IU per ng), in circulation as ng per IU.
_AFP_LOW, _AFP_HIGH = 0.83, 1.28
_AFP_UNITS: dict[str, float | tuple[float, float]] = {
    **dict.fromkeys(("ng/mL", "µg/L"), 1.0),
    **dict.fromkeys(("IU/mL", "kIU/L", "kU/L", "U/mL", "UI/mL"), (_AFP_LOW, _AFP_HIGH)),
    **dict.fromkeys(("IU/L", "U/L", "mIU/mL", "mU/mL"), (_AFP_LOW / 1000, _AFP_HIGH / 1000)),
    **dict.fromkeys(("ng/L", "pg/mL"), 0.001),
    **dict.fromkeys(("µg/mL", "mg/L"), 1000.0),
    **{"ng/dL": 0.01, "µg/dL": 10.0},
}

COMMON_FIELDS = Fields(
    (
        Field(
            name="bclc_stage",
            title="BCLC stage",
            kind="choice",
            nature="test",
            values=("0", "A", "B", "C", "D"),
            help="Barcelona Clinic Liver Cancer stage.",
            aliases=("BCLC", "BCLC class", "BCLC staging", "Barcelona stage"),
            noise=("bclc", "stage", "class", "barcelona"),
            synonyms=table("""
                0 = very early
                A = early; A1; A2; A3; A4
                B = intermediate; B1; B2; B3; B4
                C = advanced
                D = terminal; end-stage
            """),
            unclear=table("""
                a code is no stage: 1 to 4 may stand for A to D, or for 0 to C; write the letter = 1; 2; 3; 4; 0.0; 1.0; 2.0;
                  3.0; 4.0
                a roman numeral is a TNM stage; write the BCLC letter = I; II; III; IV; IIIA; IIIB; IIIC; IVA; IVB
            """),
        ),
        Field(
            name="child_pugh_class",
            title="Child-Pugh class",
            kind="choice",
            nature="test",
            values=("A", "B", "C"),
            help="Liver function class; computed when the score or all five components are given. A6 or B8 gives the score, too.",
            aliases=listed("""
                Child-Pugh; Child Pugh; Child; CP; CTP; Child-Turcotte-Pugh; CP class; CTP class; Child class; Child-Pugh
                grade; Child-Pugh stage
            """),
            noise=listed("""
                child; child's; childs; turcotte; pugh; points; pts; cp; ctp; cps; class; grade; stage; score; cirrhosis
            """),
            synonyms=table("""
                A = 5; 6; A5; A6; A 5; A 6; A (5); A (6); A5-6; A5/6; A 5-6; A (5-6)
                B = 7; 8; 9; B7; B8; B9; B 7; B 8; B 9; B (7); B (8); B (9); B7-9; B7-8; B8-9; B (7-9)
                C = 10; C10; C 10; 11; C11; C 11; 12; C12; C 12; 13; C13; C 13; 14; C14; C 14; 15; C15; C 15; C (10); C (11);
                  C (12); C (13); C (14); C (15); C10-15; C (10-15)
            """),
            unclear=table("""
                a code is no class: A, B, C are numbered from 0 in some files and from 1 in others; write the letter = 0; 1;
                  2; 3; 4; I; II; III
            """),
        ),
        Field(
            name="child_pugh_score",
            title="Child-Pugh score",
            kind="integer",
            nature="test",
            low=5,
            high=15,
            unit="points",
            help="Sum of the five Child-Pugh components: class A is 5-6, B 7-9, C 10-15.",
            aliases=listed("CP score; CTP score; CPS; Child score; Child-Pugh points; Child-Turcotte-Pugh score"),
            noise=listed("child; pugh; cp; ctp; cps; score; points; point; pts; class; A; B; C"),
        ),
        Field(
            name="ecog",
            title="ECOG performance status",
            kind="integer",
            nature="test",
            low=0,
            high=4,
            unit="grade",
            help="Eastern Cooperative Oncology Group performance status, 0 (fully active) to 4 (bedbound).",
            aliases=listed("""
                ECOG PS; PS; performance status; ECOG status; WHO PS; WHO performance status; PS ECOG; ECOG score
            """),
            noise=listed("ecog; ps; who; performance status; performance; status; grade; score; zubrod"),
            unclear=table("""
                which of the two grades? = 0-1; 1-2; 2-3; 3-4; 0 or 1; 1 or 2; 2 or 3; 3 or 4; 0/1; 1/2; 3/4
                a Karnofsky index is no ECOG grade (0-4) = kps; karnofsky; 50; 60; 70; 80; 90; 100; kps 70; kps 80; kps 90;
                  kps 100
            """),
        ),
        Field(
            name="prior_sorafenib",
            title="Prior sorafenib",
            kind="choice",
            nature="history",
            values=("none", "progressed", "intolerant", "refused"),
            help="'refused' means offered and declined, never taken.",
            aliases=listed("sorafenib; previous sorafenib; sorafenib before; nexavar; prior nexavar; sorafenib history"),
            noise=listed("""
                sorafenib; nexavar; yes; taken; prior; previous; on; to; under; after; due to; because of;
                  of; stopped; discontinued; for;
                with
            """),
            synonyms=table("""
                none = no; n; never; naive; untreated; none given; not started; no prior therapy; no
                  sorafenib; not given; never taken; not taken; no prior; nil; not received; never
                  received; treatment naive; false
                progressed = progression; radiographic pd; radiological pd; resistant; progressive disease;
                  pd; progressive; progressor; disease progression; tumour
                  progression; tumor progression; radiological progression; radiographic progression; progressing; refractory
                intolerant = intolerance; unable to tolerate; did not tolerate; hand-foot syndrome;
                  hand-foot skin reaction; not tolerated; could not tolerate; toxicity; unacceptable
                  toxicity; toxic; side
                  effects; adverse event; adverse events; adverse effects; ae; intolerable
                refused = declined; refusal; patient refused; patient declined; refuses; declines; offered and declined;
                  rejected
            """),
            unclear=table("""
                it was taken; how did it end? progressed or intolerant = yes; y; true; taken; given; received; treated;
                  experienced; pretreated; exposed; sorafenib; nexavar; naxavar; sorafinib; soraphenib; current; ongoing;
                  partial response; pr; sd; stable disease; complete response; cr; stopped; discontinued; completed; soraf;
                  responded; response
                which way did it fail? progressed on it, or intolerant of it = failed; failure; fail; treatment failure;
                  progressed or intolerant
                never taken is none; offered and declined is refused = contraindicated; not eligible; ineligible; not
                  suitable; not offered
                a code needs its meaning: none, progressed, intolerant or refused = 0; 1; 2; 3
            """),
        ),
        Field(
            name="other_prior_systemic",
            title="Other prior systemic therapy",
            kind="set",
            nature="history",
            values=("tki", "antiangiogenic_antibody", "chemotherapy", "immunotherapy"),
            value_titles={"tki": "TKI", "antiangiogenic_antibody": "antiangiogenic antibody"},
            help="Systemic therapies other than sorafenib already taken, as classes or as drugs; none where there were none.",
            aliases=listed("""
                other systemic; other systemic therapy; prior systemic; prior systemic therapy; previous systemic therapy;
                other prior therapy
            """),
            noise=("prior", "previous", "after", "other"),
            synonyms=DRUGS,
            unclear=NO_SYSTEMIC_THERAPY,
        ),
        Field(
            name="afp",
            title="AFP",
            kind="number",
            nature="test",
            low=0,
            high=100_000_000,
            unit="ng/mL",
            units=_AFP_UNITS,
            help="Serum alpha-fetoprotein; 1 ng/mL is 1 µg/L. Bounds such as > 1210 are read. Published factors for 1 "
            "IU/mL run from 0.83 to 1.28 ng/mL, so an amount in IU/mL is taken as that range.",
            aliases=listed("""
                alpha-fetoprotein; alpha fetoprotein; alfa-fetoprotein; α-fetoprotein; AFP level; serum AFP; AFP value
            """),
            noise=("afp", "alpha-fetoprotein", "level", "serum"),
        ),
        Field(
            name="cmet",
            title="Tumour c-MET",
            kind="choice",
            nature="test",
            values=("high", "low"),
            help="High is staining of at least 2+ in at least 50 % of tumour cells.",
            aliases=listed("c-MET; MET; MET status; c-MET status; MET expression; c-MET expression; tumor c-MET"),
            noise=("c-met", "met", "expression", "status", "tumour", "tumor", "ihc"),
            synonyms=table("""
                low = negative; 1+
            """),
            unclear=table("""
                positive by which yardstick? high (at least 2+ in at least 50 % of tumour cells) or low = positive; +; yes; y;
                  overexpressed; overexpression; amplified; intermediate; moderate
                the intensity alone does not decide; write {intensity: 2, percent: 60} = 0; 1; 2+; 3+; 2; 3; ++; +++
            """),
        ),
        Field(
            name="ras",
            title="Tumour RAS",
            kind="choice",
            nature="test",
            values=("mutant", "wild_type"),
            help="RAS mutation status of the tumour.",
            aliases=("RAS status", "RAS mutation", "RAS mutation status"),
            noise=("ras", "status", "tumour", "tumor"),
            synonyms=table("""
                mutant = mutated; mutation; mut; mutation positive; mutation detected; mutation present; kras mutant; kras
                  mutated; kras mutation; nras mutant; nras mutation; kras mut; nras mut
                wild_type = wt; unmutated; not mutated; no mutation; non-mutated; no mutation detected; no
                  ras mutation; mutation absent; kras/nras wild type; kras and nras wild type; mutation
                  negative;
                  mutation not detected
            """),
            unclear=table("""
                NRAS may be mutated where KRAS is not; write wild_type if both are = kras wt; kras wild type; nras wt; nras
                  wild type
                of what? mutant or wild_type = positive; negative; yes; no; +; 0; 1
            """),
        ),
        Field(
            name="region",
            title="Region",
            kind="choice",
            nature="characteristic",
            values=listed("""
                mainland_china; taiwan; hong_kong; japan; south_korea; thailand; singapore; other_asia; europe; north_america;
                other
            """),
            value_titles={
                "mainland_china": "mainland China",
                "taiwan": "Taiwan",
                "hong_kong": "Hong Kong",
                "japan": "Japan",
                "south_korea": "South Korea",
                "thailand": "Thailand",
                "singapore": "Singapore",
                "other_asia": "elsewhere in Asia",
                "europe": "Europe",
                "north_america": "North America",
                "other": "elsewhere",
            },
            help="Where the patient is treated. Countries, Chinese provinces and large cities are understood.",
            aliases=("country", "country of treatment", "location", "geographic region", "geography"),
            synonyms=PLACES,
            unclear=UNCLEAR_PLACES,
        ),
        Field(
            name="etiology",
            title="Etiology",
            kind="set",
            nature="characteristic",
            values=("hbv", "hcv", "alcohol", "nafld", "other"),
            value_titles={"hbv": "HBV", "hcv": "HCV", "nafld": "NAFLD"},
            help="Causes of the liver disease; none where it is none of these.",
            aliases=listed("""
                aetiology; cause; causes; cause of liver disease; liver disease; underlying liver disease; risk factors;
                etiology of cirrhosis
            """),
            noise=listed("""
                only; chronic; positive; +; infection; infected; virus; related; associated; induced;
                  coinfection; cirrhosis; cirrhotic;
                history of
            """),
            synonyms=table("""
                none = no cause; no risk factors; no history of primary risk factors; no known risk factors;
                  none of these
                hbv = hepatitis b; hep b; hbsag +; hbsag positive; hbsag pos; hep. b; chb; hepb; viral
                  hepatitis b; b virus; hep-b
                hcv = hepatitis c; hep c; anti-hcv +; anti-hcv positive; hcv ab positive; hep. c; chc; hepc;
                  viral hepatitis c; hcv rna; c virus
                alcohol = alcoholic; ald; arld; etoh; ethanol; alcohol consumption; alcohol abuse; alcoholic liver disease;
                  alcoholic hepatitis; alcoholic steatohepatitis; ash; alcohol use; alcohol use disorder; alcohol-related
                  liver disease; alcohol associated liver disease
                nafld = nash; masld; mafld; mash; non-alcoholic fatty liver disease; nonalcoholic fatty liver disease;
                  nonalcoholic steatohepatitis; non-alcoholic steatohepatitis; fatty liver; fatty liver disease;
                  metabolic dysfunction-associated steatotic liver disease; nafld/nash; nash/nafld
                other = hemochromatosis; haemochromatosis; alpha-1 antitrypsin deficiency; alpha 1 antitrypsin deficiency;
                  aatd; pbc; psc; aih; autoimmune; autoimmune hepatitis; primary biliary cholangitis; primary biliary
                  cirrhosis; primary sclerosing cholangitis; wilson; wilson disease; wilson's disease; aflatoxin; budd-chiari;
                  porphyria
                alcohol, nafld = metald
                hbv, hcv = hepatitis b and c; hepatitis b + c; hepatitis b/c; hep b and c; hep b/c; hepatitis b & c
            """),
            unclear=table("""
                which virus? hbv, hcv or both = viral; viral hepatitis; hepatitis; virus; chronic hepatitis; hbv or hcv
                without a virus the cause may be alcohol, nafld, other or none of these; write which = no virus; non-viral;
                  nonviral; non viral; negative; no hepatitis; non-b non-c; nbnc; hbsag negative; hbv negative; hcv negative;
                  anti-hcv negative; hbsag negative, anti-hcv negative; no hbv; no hcv
                a cause looked for and not found is none of these (none); not looked for is unknown = cryptogenic; idiopathic
                a past infection is no cause in itself; hbv if it is chronic = anti-hbc; hbcab; hbcab positive; anti-hbc
                  positive; resolved hbv; past hbv; hbsag+/-
                a code or a mark needs its meaning; write hbv, hcv, alcohol, nafld, other or none = 0; 1; 2; +; yes; y; n; 3;
                  4; positive; true; false
            """),
        ),
        Field(
            name="extrahepatic_spread",
            title="Extrahepatic spread",
            kind="flag",
            nature="test",
            help="Metastasis outside the liver.",
            aliases=listed("""
                EHS; extrahepatic; metastasis; metastases; mets; extrahepatic disease; extrahepatic metastasis; extrahepatic
                metastases; distant metastasis; M stage
            """),
            synonyms=table("""
                yes = y; present; true; +; positive; pos; mets; distant metastasis; distant metastases; lung
                  mets; bone mets; m1; metastatic; metastasis; metastases; lung metastases; bone metastases;
                  lung metastasis; bone metastasis
                no = n; absent; none; false; negative; nil; neg; not present; none seen; not seen; no mets;
                  m0; no metastasis; no metastases; non-metastatic
                unknown = mx
            """),
            unclear=table("""
                0 and 1 are codes: 1 is yes in one file and no in another; write yes or no = 0; 1; 2; 0.0; 1.0
            """),
        ),
        Field(
            name="portal_vein_invasion",
            title="Portal vein invasion",
            kind="flag",
            nature="test",
            help="Tumour in the portal vein (a bland thrombus does not count).",
            aliases=listed("""
                PVI; PVTT; portal invasion; portal vein tumour thrombus; portal vein tumor thrombus; portal vein tumour
                thrombosis; portal vein tumor thrombosis
            """),
            synonyms=table("""
                yes = y; present; true; +; positive; pos; portal vein; main portal vein; right portal vein;
                  left portal vein; pvtt; vp1; vp2; vp3; vp4; vp 1; vp 2; vp 3; vp 4; tumour thrombus; tumor
                  thrombus; portal vein tumour thrombus; portal vein tumor thrombus
                no = n; absent; none; false; negative; nil; neg; not present; none seen; not seen; no pvtt;
                  vp0; bland thrombus; bland; patent
            """),
            unclear=table("""
                0 and 1 are codes: 1 is yes in one file and no in another; write yes or no = 0; 1; 2; 3; 4; 0.0; 1.0
                in which vein? yes for the portal vein, no for a hepatic vein alone = macro; macrovascular; macrovascular
                  invasion; macroscopic; vascular invasion; mvi; macro vascular
                microvascular invasion is seen under the microscope and is not invasion of the portal vein; write yes or no
                  for that = micro; microvascular; microvascular invasion; microscopic
                is the thrombus tumour (yes) or bland (no)? = pvt; thrombus; thrombosis; portal vein thrombosis; portal vein
                  thrombus
            """),
        ),
        Field(
            name="locoregional_suitable",
            title="Suitable for locoregional therapy",
            kind="flag",
            nature="test",
            help="Suitable for resection, transplant, ablation or TACE.",
            aliases=listed("""
                locoregional; locoregional therapy suitable; suitable for locoregional therapy; suitable for TACE or
                resection; amenable to locoregional therapy
            """),
            synonyms=table("""
                yes = y; true; suitable; eligible; possible; candidate; amenable
                no = n; false; unsuitable; not suitable; ineligible; not eligible; not possible; not a candidate; not
                  amenable; none
            """),
            unclear=table("""
                0 and 1 are codes: 1 is yes in one file and no in another; write yes or no = 0; 1; 2; 0.0; 1.0
                not resectable leaves ablation, transplantation and TACE open; write no if none of them suits = unresectable;
                  inoperable; not resectable
            """),
        ),
    )
)


def fields_of(own: Iterable[Field], common: Iterable[str] | None = None) -> Fields:
    """The table of a ruleset: the common fields, or only those named, then its own, which replace common ones of their name."""
    if common is None:
        own = tuple(own)
        return COMMON_FIELDS.merged(own) if own else COMMON_FIELDS
    return Fields(COMMON_FIELDS[name] for name in common if name in COMMON_FIELDS).merged(own)
