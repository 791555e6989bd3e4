"""Systemic drugs by the class they count as, and what is no systemic therapy or belongs to none of the classes."""

from __future__ import annotations

from collections.abc import Mapping

DRUGS: Mapping[str, tuple[str, ...]] = {
    "none": ("no", "nil", "naive", "no other", "no prior", "no previous", "none other", "never", "untreated", "treatment naive", "no systemic therapy"),
    "tki": (
        *("tkis", "tyrosine kinase inhibitor", "tyrosine kinase inhibitors", "kinase inhibitor", "multikinase inhibitor", "regorafenib", "stivarga"),
        *("lenvatinib", "lenvima", "cabozantinib", "cabometyx", "sunitinib", "sutent", "brivanib", "linifanib", "erlotinib", "tarceva", "apatinib"),
        *("rivoceranib", "donafenib", "axitinib", "inlyta", "pazopanib", "votrient", "dovitinib", "nintedanib", "orantinib", "anlotinib"),
        *("tivantinib", "foretinib", "capmatinib", "tepotinib", "gefitinib", "iressa", "lapatinib", "imatinib", "vandetanib", "cediranib"),
        *("tivozanib", "fruquintinib", "golvantinib"),
    ),
    "antiangiogenic_antibody": (
        *("antiangiogenic antibody", "anti-angiogenic antibody", "anti-vegf antibody", "vegf antibody", "anti-vegf", "anti-vegfr2 antibody"),
        *("bevacizumab", "avastin", "ramucirumab", "cyramza"),
    ),
    "chemotherapy": (
        *("chemo", "cytotoxic", "cytotoxic chemotherapy", "systemic chemotherapy", "folfox", "folfox4", "folfox-4", "folfox6", "mfolfox6", "xelox"),
        *("capox", "gemox", "secox", "gemcis", "folfiri", "piaf", "oxaliplatin", "eloxatin", "doxorubicin", "adriamycin", "epirubicin"),
        *("pegylated liposomal doxorubicin", "liposomal doxorubicin", "cisplatin", "carboplatin", "gemcitabine", "gemzar", "capecitabine"),
        *("xeloda", "5-fluorouracil", "5-fu", "5fu", "fluorouracil", "s-1", "tegafur", "uft", "mitomycin", "mitomycin c", "temozolomide", "irinotecan"),
        *("etoposide", "cyclophosphamide", "cytoxan", "paclitaxel", "docetaxel", "mitoxantrone", "leucovorin and fluorouracil", "vincristine"),
    ),
    "immunotherapy": (
        *("io", "ici", "icis", "immune checkpoint inhibitor", "immune checkpoint inhibitors", "checkpoint inhibitor", "checkpoint inhibitors", "anti-pd-1"),
        *("anti-pd1", "anti-pd-l1", "anti-pdl1", "pd-1 inhibitor", "pd-l1 inhibitor", "pd-1", "pd-l1", "anti-ctla-4", "anti-ctla4", "nivolumab", "opdivo"),
        *("pembrolizumab", "keytruda", "atezolizumab", "tecentriq", "durvalumab", "imfinzi", "tremelimumab", "ipilimumab", "yervoy"),
        *("camrelizumab", "tislelizumab", "sintilimab", "toripalimab", "avelumab", "cemiplimab"),
    ),
    "immunotherapy, antiangiogenic_antibody": ("atezo bev", "atezo/bev", "atezolizumab/bevacizumab"),
}
NO_SYSTEMIC_THERAPY: Mapping[str, tuple[str, ...]] = {
    "it is given into the liver or to it, not systemically; leave it out": (
        *("tace", "chemoembolisation", "chemoembolization", "transarterial chemoembolization", "transarterial chemoembolisation", "ctace", "deb-tace"),
        *("dc beads", "lc beads", "doxorubicin lc beads", "doxorubicin beads", "drug-eluting beads", "tae", "embolization", "embolisation", "haic", "hai"),
        *("sirt", "tare", "y90", "yttrium-90", "radioembolization", "radioembolisation", "rfa", "radiofrequency ablation", "ablation", "mwa", "pei"),
        *("resection", "hepatectomy", "transplant", "transplantation", "surgery", "radiotherapy", "sbrt", "locoregional", "locoregional therapy"),
    ),
    "it belongs in prior_sorafenib, not here": ("sorafenib", "nexavar", "sorafinib", "soraphenib", "naxavar", "bay 43-9006"),
    "it belongs to none of the classes that this field knows; leave it out and say so beside the case": (
        *("everolimus", "afinitor", "temsirolimus", "sirolimus", "tamoxifen", "octreotide", "hormone therapy", "hormonal therapy", "megestrol"),
        *("abt-888", "veliparib", "ly228820", "ly2228820", "thalidomide", "interferon", "adi-peg 20", "jx-594", "pexa-vec", "refametinib", "selumetinib"),
        *("bortezomib", "cetuximab", "emibetuzumab", "mapatumumab", "alvesin", "codrituzumab", "galunisertib"),
    ),
    "a kinase inhibitor (tki) or an antibody (antiangiogenic_antibody, immunotherapy)?": (
        *("targeted", "targeted therapy", "targeted molecular therapy", "molecular therapy", "biologic", "biologics", "antibody"),
    ),
    "which? tki, antiangiogenic_antibody, chemotherapy or immunotherapy": (
        *("yes", "y", "systemic", "systemic therapy", "systemic treatment", "other", "other, specify in notes", "clinical trial", "trial drug"),
    ),
}
