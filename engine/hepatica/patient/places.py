"""Countries, provinces and large cities, by the region in which a patient there is treated."""

from __future__ import annotations

from collections.abc import Mapping

PLACES: Mapping[str, tuple[str, ...]] = {
    "mainland_china": (
        *("china", "mainland", "people's republic of china", "peoples republic of china", "prc", "p.r. china", "pr china", "china mainland", "cn", "chn"),
        *("anhui", "chongqing", "fujian", "gansu", "guangdong", "guangxi", "guizhou", "hainan", "hebei", "heilongjiang", "henan"),
        *("hubei", "hunan", "inner mongolia", "jiangsu", "jiangxi", "jilin", "liaoning", "ningxia", "qinghai", "shaanxi", "shandong"),
        *("shanghai", "shanxi", "sichuan", "tianjin", "tibet", "xinjiang", "yunnan", "zhejiang", "beijing", "peking", "canton"),
        *("guangzhou", "shenzhen", "wuhan", "chengdu", "nanjing", "hangzhou", "xi'an", "xian", "changsha", "zhengzhou", "nanning"),
        *("qidong", "haimen", "fuzhou", "xiamen", "jinan", "qingdao", "shenyang", "dalian", "harbin", "changchun", "hefei", "kunming"),
        *("suzhou", "dongguan", "foshan", "lanzhou", "nanchang", "guiyang", "taiyuan", "shijiazhuang", "urumqi", "ningbo", "wenzhou"),
    ),
    "taiwan": ("republic of china", "taiwan roc", "twn", "tw", "formosa", "taipei", "kaohsiung", "taichung", "tainan", "taoyuan", "hsinchu"),
    "hong_kong": ("hk", "hkg", "hksar", "hong kong sar", "hong kong china", "hong kong sar china", "kowloon"),
    "japan": ("jp", "jpn", "nippon", "tokyo", "osaka", "kyoto", "nagoya", "yokohama", "fukuoka", "sapporo", "kobe", "hiroshima", "chiba", "kurume", "okayama"),
    "south_korea": (
        *("korea", "republic of korea", "korea south", "s korea", "s. korea", "rok", "kr", "kor", "korea republic of"),
        *("seoul", "busan", "pusan", "daegu", "incheon", "daejeon", "gwangju", "ulsan", "suwon", "goyang", "seongnam"),
    ),
    "thailand": ("thai", "th", "tha", "siam", "bangkok", "chiang mai", "khon kaen"),
    "singapore": ("sg", "sgp", "republic of singapore"),
    "other_asia": (
        *("other asia", "asia other", "rest of asia", "elsewhere in asia", "asia (other)"),
        *("india", "pakistan", "bangladesh", "sri lanka", "nepal", "bhutan", "maldives", "vietnam", "viet nam", "malaysia", "indonesia"),
        *("philippines", "the philippines", "cambodia", "laos", "myanmar", "burma", "brunei", "mongolia", "north korea", "dprk", "macau", "macao", "timor-leste"),
        *("mumbai", "bombay", "delhi", "new delhi", "chennai", "kolkata", "bangalore", "hyderabad", "vellore", "karachi", "lahore", "dhaka"),
        *("hanoi", "ho chi minh city", "saigon", "kuala lumpur", "jakarta", "manila", "quezon city", "yangon", "phnom penh", "ulaanbaatar", "colombo"),
    ),
    "europe": (
        *("eu", "european union", "western europe", "eastern europe", "central europe", "northern europe", "southern europe", "european"),
        *("uk", "u.k.", "united kingdom", "great britain", "britain", "gb", "gbr", "england", "scotland", "wales", "northern ireland"),
        *("germany", "deutschland", "de", "deu", "france", "fra", "italy", "italia", "ita", "spain", "espana", "esp", "portugal", "austria"),
        *("switzerland", "belgium", "netherlands", "the netherlands", "holland", "luxembourg", "ireland", "denmark", "sweden", "norway"),
        *("finland", "iceland", "poland", "czechia", "czech republic", "slovakia", "slovenia", "hungary", "romania", "bulgaria"),
        *("greece", "croatia", "serbia", "bosnia and herzegovina", "montenegro", "north macedonia", "albania", "kosovo", "moldova"),
        *("ukraine", "belarus", "estonia", "latvia", "lithuania", "malta", "cyprus", "monaco", "andorra", "russia", "russian federation"),
        *("london", "paris", "berlin", "munich", "hamburg", "frankfurt", "mainz", "hannover", "cologne", "vienna", "zurich", "bern", "milan", "rome"),
        *("bologna", "naples", "turin", "padua", "barcelona", "madrid", "lisbon", "coimbra", "porto", "brussels", "amsterdam", "rotterdam"),
        *("copenhagen", "stockholm", "oslo", "helsinki", "warsaw", "prague", "budapest", "bucharest", "athens", "dublin", "edinburgh", "moscow", "lyon", "marseille"),
    ),
    "north_america": (
        *("usa", "us", "u.s.", "u.s.a.", "united states", "united states of america", "the united states", "canada", "can", "us and canada", "mexico"),
        *("new york", "los angeles", "chicago", "houston", "boston", "san francisco", "seattle", "philadelphia", "baltimore", "california", "texas"),
        *("toronto", "montreal", "vancouver", "calgary", "ottawa", "mexico city"),
    ),
    "other": (
        *("other region", "elsewhere", "rest of the world", "rest of world", "row"),
        *("australia", "new zealand", "oceania", "sydney", "melbourne", "africa", "egypt", "south africa", "nigeria", "morocco", "tunisia"),
        *("algeria", "ethiopia", "kenya", "uganda", "ghana", "senegal", "gambia", "the gambia", "mali", "cameroon", "sudan", "tanzania", "libya"),
        *("cairo", "south america", "latin america", "central america", "caribbean", "brazil", "argentina", "chile", "colombia", "peru"),
        *("venezuela", "ecuador", "uruguay", "paraguay", "bolivia", "cuba", "costa rica", "guatemala", "panama", "sao paulo", "buenos aires"),
    ),
}
UNCLEAR_PLACES: Mapping[str, tuple[str, ...]] = {
    "which part of Asia? mainland_china, taiwan, hong_kong, japan, south_korea, thailand, singapore or other_asia": (
        *("asia", "asian", "east asia", "eastern asia", "far east", "asia-pacific", "asia pacific", "apac", "southeast asia", "south east asia"),
    ),
    "where is the patient treated? mainland_china, taiwan, hong_kong, singapore or elsewhere": ("chinese", "greater china"),
    "europe or north_america": ("west", "western", "western countries", "caucasian", "white"),
    "north_america, or other for Central and South America": ("america", "americas", "the americas", "american"),
    "trials count it with Asia, with Europe or with neither: other_asia, europe or other": (
        *("turkey", "turkiye", "israel", "middle east", "iran", "iraq", "saudi arabia", "lebanon", "jordan", "syria", "yemen", "kuwait"),
        *("qatar", "uae", "united arab emirates", "oman", "bahrain", "kazakhstan", "uzbekistan", "georgia", "armenia", "azerbaijan", "istanbul", "tel aviv"),
    ),
}
