"""Words for regions and for drugs: countries, provinces and large cities by where a patient is treated; drugs by class."""

from __future__ import annotations

from hepatica.patient.text import table

PLACES = table("""
mainland_china = china; china (mainland); beijing, china; shanghai, china; guangzhou, china; mainland; people's republic of
  china; peoples republic of china; prc; p.r. china; pr china; china
  mainland; cn; chn; anhui; chongqing; fujian; gansu; guangdong; guangxi; guizhou; hainan; hebei; heilongjiang; henan; hubei;
  hunan; inner mongolia; jiangsu; jiangxi; jilin; liaoning; ningxia; qinghai; shaanxi; shandong; shanghai; shanxi; sichuan;
  tianjin; tibet; xinjiang; yunnan; zhejiang; beijing; peking; canton; guangzhou; shenzhen; wuhan; chengdu; nanjing; hangzhou;
  xi'an; xian; changsha; zhengzhou; nanning; qidong; haimen; fuzhou; xiamen; jinan; qingdao; shenyang; dalian; harbin;
  changchun; hefei; kunming; suzhou; dongguan; foshan; lanzhou; nanchang; guiyang; taiyuan; shijiazhuang; urumqi; ningbo;
  wenzhou
taiwan = republic of china; roc; chinese taipei; taipei, taiwan; taiwan roc; twn; tw; formosa; taipei; kaohsiung; taichung;
  tainan; taoyuan; hsinchu
hong_kong = hk; hong kong, china; hong kong (china); hkg; hksar; hong kong sar; hong kong china; hong kong sar china; kowloon
japan = jp; jpn; nippon; tokyo; osaka; kyoto; nagoya; yokohama; fukuoka; sapporo; kobe; hiroshima; chiba; kurume; okayama
south_korea = korea; korea, south; korea (south); seoul, korea; seoul, south korea; republic of korea; korea south; s korea;
  s. korea; rok; kr; kor; korea republic of; seoul; busan; pusan;
  daegu; incheon; daejeon; gwangju; ulsan; suwon; goyang; seongnam
thailand = thai; th; tha; siam; bangkok; chiang mai; khon kaen
singapore = sg; sgp; republic of singapore
other_asia = other asia; asia other; rest of asia; elsewhere in asia; asia (other); india; pakistan; bangladesh; sri lanka;
  nepal; bhutan; maldives; vietnam; viet nam; malaysia; indonesia; philippines; the philippines; cambodia; laos; myanmar;
  burma; brunei; mongolia; north korea; dprk; macau; macao; timor-leste; mumbai; bombay; delhi; new delhi; chennai; kolkata;
  bangalore; hyderabad; vellore; karachi; lahore; dhaka; hanoi; ho chi minh city; saigon; kuala lumpur; jakarta; manila;
  quezon city; yangon; phnom penh; ulaanbaatar; colombo
europe = eu; european union; western europe; eastern europe; central europe; northern europe; southern europe; european; uk;
  u.k.; united kingdom; great britain; britain; gb; gbr; england; scotland; wales; northern ireland; germany; deutschland; de;
  deu; france; fra; italy; italia; ita; spain; espana; esp; portugal; austria; switzerland; belgium; netherlands; the
  netherlands; holland; luxembourg; ireland; denmark; sweden; norway; finland; iceland; poland; czechia; czech republic;
  slovakia; slovenia; hungary; romania; bulgaria; greece; croatia; serbia; bosnia and herzegovina; montenegro; north
  macedonia; albania; kosovo; moldova; ukraine; belarus; estonia; latvia; lithuania; malta; cyprus; monaco; andorra; russia;
  russian federation; london; paris; berlin; munich; hamburg; frankfurt; mainz; hannover; cologne; vienna; zurich; bern;
  milan; rome; bologna; naples; turin; padua; barcelona; madrid; lisbon; coimbra; porto; brussels; amsterdam; rotterdam;
  copenhagen; stockholm; oslo; helsinki; warsaw; prague; budapest; bucharest; athens; dublin; edinburgh; moscow; lyon;
  marseille
north_america = usa; n america; n. america; us; u.s.; u.s.a.; united states; united states of america; the united states;
  canada; can; us and canada;
  mexico; new york; los angeles; chicago; houston; boston; san francisco; seattle; philadelphia; baltimore; california; texas;
  toronto; montreal; vancouver; calgary; ottawa; mexico city
other = other region; elsewhere; rest of the world; rest of world; row; australia; new zealand; oceania; sydney; melbourne;
  africa; egypt; south africa; nigeria; morocco; tunisia; algeria; ethiopia; kenya; uganda; ghana; senegal; gambia; the
  gambia; mali; cameroon; sudan; tanzania; libya; cairo; south america; latin america; central america; caribbean; brazil;
  argentina; chile; colombia; peru; venezuela; ecuador; uruguay; paraguay; bolivia; cuba; costa rica; guatemala; panama; sao
  paulo; buenos aires
""")

UNCLEAR_PLACES = table("""
which part of Asia? mainland_china, taiwan, hong_kong, japan, south_korea, thailand, singapore or other_asia = asia; asian;
  east asia; eastern asia; far east; asia-pacific; asia pacific; apac; southeast asia; south east asia
where is the patient treated? mainland_china, taiwan, hong_kong, singapore or elsewhere = chinese; greater china
europe or north_america = west; western; western countries; caucasian; white
north_america, or other for Central and South America = america; americas; the americas; american
trials count it with Asia, with Europe or with neither: other_asia, europe or other = turkey; turkiye; israel; middle east;
  iran; iraq; saudi arabia; lebanon; jordan; syria; yemen; kuwait; qatar; uae; united arab emirates; oman; bahrain;
  kazakhstan; uzbekistan; georgia; armenia; azerbaijan; istanbul; tel aviv
""")

DRUGS = table("""
none = no; nil; naive; no other; no prior; no previous; none other; never; untreated; treatment naive; no systemic therapy;
  no other systemic therapy; no prior systemic therapy; no other therapy; none given; no previous systemic therapy
tki = tkis; tyrosine kinase inhibitor; tyrosine kinase inhibitors; kinase inhibitor; multikinase inhibitor; regorafenib;
  stivarga; lenvatinib; lenvima; cabozantinib; cabometyx; sunitinib; sutent; brivanib; linifanib; erlotinib; tarceva;
  apatinib; rivoceranib; donafenib; axitinib; inlyta; pazopanib; votrient; dovitinib; nintedanib; orantinib; anlotinib;
  tivantinib; foretinib; capmatinib; tepotinib; gefitinib; iressa; lapatinib; imatinib; vandetanib; cediranib; tivozanib;
  fruquintinib; golvantinib
antiangiogenic_antibody = antiangiogenic antibody; anti-angiogenic antibody; anti-vegf antibody; vegf antibody; anti-vegf;
  anti-vegfr2 antibody; bevacizumab; avastin; ramucirumab; cyramza
chemotherapy = chemo; cytotoxics; cytotoxic; cytotoxic chemotherapy; systemic chemotherapy; folfox; folfox4; folfox-4;
  folfox6; mfolfox6;
  xelox; capox; gemox; secox; gemcis; folfiri; piaf; oxaliplatin; eloxatin; doxorubicin; adriamycin; epirubicin; pegylated
  liposomal doxorubicin; liposomal doxorubicin; cisplatin; carboplatin; gemcitabine; gemzar; capecitabine; xeloda;
  5-fluorouracil; 5-fu; 5fu; fluorouracil; s-1; tegafur; uft; mitomycin; mitomycin c; temozolomide; irinotecan; etoposide;
  cyclophosphamide; cytoxan; paclitaxel; docetaxel; mitoxantrone; leucovorin and fluorouracil; vincristine
immunotherapy = io; immune therapy; immuno-oncology; checkpoint; pd1; pdl1; pd1 inhibitor; pembro; nivo; stride; ici; icis;
  immune checkpoint inhibitor; immune checkpoint inhibitors; checkpoint inhibitor; checkpoint
  inhibitors; anti-pd-1; anti-pd1; anti-pd-l1; anti-pdl1; pd-1 inhibitor; pd-l1 inhibitor; pd-1; pd-l1; anti-ctla-4;
  anti-ctla4; nivolumab; opdivo; pembrolizumab; keytruda; atezolizumab; tecentriq; durvalumab; imfinzi; tremelimumab;
  ipilimumab; yervoy; camrelizumab; tislelizumab; sintilimab; toripalimab; avelumab; cemiplimab
immunotherapy, antiangiogenic_antibody = atezo bev; atezo/bev; atezolizumab/bevacizumab
""")

NO_SYSTEMIC_THERAPY = table("""
it is given into the liver or to it, so it is not systemic; none if there was nothing else = tace; chemoembolisation;
  chemoembolization;
  transarterial chemoembolization; transarterial chemoembolisation; ctace; deb-tace; dc beads; lc beads; doxorubicin lc beads;
  doxorubicin beads; drug-eluting beads; tae; embolization; embolisation; haic; hai; sirt; tare; y90; yttrium-90;
  radioembolization; radioembolisation; rfa; radiofrequency ablation; ablation; mwa; pei; resection; hepatectomy; transplant;
  transplantation; surgery; radiotherapy; sbrt; locoregional; locoregional therapy
it belongs in prior_sorafenib, not here = sorafenib; nexavar; sorafinib; soraphenib; naxavar; bay 43-9006
it belongs to none of the classes that this field knows; leave the field unknown = everolimus; afinitor;
  temsirolimus; sirolimus; tamoxifen; octreotide; hormone therapy; hormonal therapy; megestrol; abt-888; veliparib; ly228820;
  ly2228820; thalidomide; interferon; adi-peg 20; jx-594; pexa-vec; refametinib; selumetinib; bortezomib; cetuximab;
  emibetuzumab; mapatumumab; alvesin; codrituzumab; galunisertib
a kinase inhibitor (tki) or an antibody (antiangiogenic_antibody, immunotherapy)? = targeted; targeted therapy; targeted
  molecular therapy; molecular therapy; biologic; biologics; antibody
which? tki, antiangiogenic_antibody, chemotherapy or immunotherapy = yes; y; 0; 1; 2; systemic; systemic therapy; systemic
  treatment;
  other; other, specify in notes; clinical trial; trial drug
""")
