"""The Postal Service's short forms for the words of an address (Publication 28, appendices B and C).

Tables and look-ups only. Each look-up takes one word in any case, with or without full stops, and answers
the short form or ``None``.
"""

from __future__ import annotations

_DIRECTIONALS = """
N north no|NE northeast|E east|SE southeast|S south so|SW southwest|W west|NW northwest
"""

# short form, then the other spellings that occur in addresses
_SUFFIXES = """
Aly alley allee ally|Anx annex annx|Arc arcade|Ave avenue av aven avenu avn avnue|Byu bayou bayoo|Bch beach|
Bnd bend|Blf bluff bluf|Blfs bluffs|Btm bottom bot bottm|Blvd boulevard boul boulv bl blv|Br branch brnch|
Brg bridge brdge|Brk brook|Brks brooks|Bg burg|Byp bypass bypa bypas byps|Cp camp cmp|Cyn canyon canyn cnyn|
Cpe cape|Cswy causeway causwa|Ctr center cen cent centr centre cnter cntr|Ctrs centers|
Cir circle circ circl crcl crcle|Cirs circles|Clf cliff|Clfs cliffs|Clb club|Cmn common|Cmns commons|Cor corner|
Cors corners|Crse course|Ct court crt|Cts courts|Cv cove|Cvs coves|Crk creek|Cres crescent crsent crsnt crescnt|
Crst crest|Xing crossing crssng|Xrd crossroad|Xrds crossroads|Curv curve|Dl dale|Dm dam|Dv divide div dvd|
Dr drive driv drv|Drs drives|Est estate|Ests estates|Expy expressway exp expr express expw|
Ext extension extn extnsn|Exts extensions|Fls falls|Fry ferry frry|Fld field|Flds fields|
Flt flat|Flts flats|
Frd ford|Frds fords|Frst forest forests|Frg forge forg|Frk fork|Frks forks|
Ft fort frt|Fwy freeway freewy frway frwy|
Gdn garden gardn grden grdn|Gdns gardens grdns|Gtwy gateway gatewy gatway gtway|Gln glen|Glns glens|Grn green|
Grns greens|Grv grove grov|Grvs groves|Hbr harbor harb harbr hrbor|Hvn haven|Hts heights ht|
Hwy highway highwy hiway hiwy hway|Hl hill|Hls hills|Holw hollow hllw hollows holws|Inlt inlet|Is island islnd|
Iss islands islnds|Isle isles|Jct junction jction jctn junctn juncton|Ky key|Kys keys|Knl knoll knol|Knls knolls|
Lk lake|Lks lakes|Lndg landing lndng|Ln lane|Lgt light|Lf loaf|Lck lock|Lcks locks|Ldg lodge ldge lodg|Loop loops|
Mall|Mnr manor|Mnrs manors|Mdw meadow|Mdws meadows medows|Mews|Ml mill|Mls mills|Msn mission missn mssn|
Mtwy motorway|Mt mount mnt|Mtn mountain mntain mntn mountin mtin|Mtns mountains mntns|Nck neck|
Orch orchard orchrd|Oval ovl|Opas overpass|Park prk|Pkwy parkway parkwy pkway pky parkways pkwys|Pass|Psge passage|
Path paths|Pike pikes|Pne pine|Pnes pines|Pl place|Pln plain|Plns plains|Plz plaza plza|Pt point|Pts points|
Prt port|Prts ports|Pr prairie prr|
Radl radial rad radiel|Ramp|Rnch ranch ranches rnchs|Rpd rapid|Rpds rapids|Rst rest|
Rdg ridge rdge|Rdgs ridges|Riv river rvr rivr|Rd road|Rds roads|Rte route|Row|Run|Shl shoal|Shls shoals|
Shr shore shoar|Shrs shores shoars|Skwy skyway|Spg spring spng sprng|Spgs springs spngs sprngs|Spur spurs|
Sq square sqr sqre squ|Sqs squares sqrs|Sta station statn stn|Stra stravenue strav straven stravn strvn strvnue|
Strm stream streme|St street str strt|Sts streets|Smt summit sumit sumitt|Ter terrace terr|Trwy throughway|
Trce trace traces|Trak track tracks trk trks|Trl trail trails trls|Trlr trailer trlrs|
Tunl tunnel tunel tunls tunnels tunnl|Tpke turnpike trnpk turnpk|Un union|Vly valley vally vlly|Vlys valleys|
Via viaduct vdct viadct|Vw view|Vws views|Vlg village vill villag villg|Vlgs villages|Vl ville|
Vis vista vist vst vsta|Walk walks|Way wy|Ways|Wl well|Wls wells
"""

_COMMON_SUFFIXES = """
st street av ave avenue rd road dr drive ln lane ct court blvd boulevard cir circle pl place way ter terrace
trl trail pkwy parkway hwy highway
"""

_STATES = """
AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|
DC District of Columbia|FL Florida|GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|
KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|
MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|NY New York|NC North Carolina|
ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|RI Rhode Island|SC South Carolina|SD South Dakota|
TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming|
PR Puerto Rico|VI Virgin Islands|GU Guam|AS American Samoa|MP Northern Mariana Islands
"""

_OLD_STATES = """
ariz AZ|calif CA|colo CO|conn CT|fla FL|kans KS|mass MA|mich MI|minn MN|mont MT|neb NE|nebr NE|nev NV|okla OK|
oreg OR|penn PA|penna PA|tenn TN|tex TX|wash WA|wis WI|wisc WI|wyo WY|w va WV|n mex NM|n dak ND|s dak SD|
n car NC|s car SC
"""

_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
]


def _word_table(rows: str) -> dict[str, str]:
    table: dict[str, str] = {}
    for row in rows.replace("\n", "").split("|"):
        short, *spellings = row.split()
        for spelling in (short, *spellings):
            table.setdefault(spelling.lower(), short)
    return table


def _state_table() -> dict[str, str]:
    table: dict[str, str] = {}
    for row in _STATES.replace("\n", "").split("|"):
        code, name = row.split(maxsplit=1)
        table[code.lower()] = table[name.lower()] = code
    for row in _OLD_STATES.replace("\n", "").split("|"):
        spelling, code = row.rsplit(maxsplit=1)
        table[spelling] = code
    return table


def _state_names() -> dict[str, str]:
    return dict(row.split(maxsplit=1) for row in _STATES.replace("\n", "").split("|"))


DIRECTIONALS = _word_table(_DIRECTIONALS)
SUFFIXES = _word_table(_SUFFIXES)
COMMON_SUFFIXES = frozenset(_COMMON_SUFFIXES.split())
STATES = _state_table()
STATE_CODES = frozenset(STATES.values())
STATE_NAMES = _state_names()


def bare(word: str) -> str:
    """Lower case, without the full stops and commas that abbreviations carry: "N.E." is "ne"."""
    return word.replace(".", "").replace(",", "").strip().lower()


def directional(word: str) -> str | None:
    """ "North", "N." → "N"."""
    return DIRECTIONALS.get(bare(word))


def suffix(word: str) -> str | None:
    """ "Street", "Str." → "St"."""
    return SUFFIXES.get(bare(word))


def is_common_suffix(word: str) -> bool:
    """Whether a word is one of the few that most streets end in; the long list holds many a name ("Park")."""
    return bare(word) in COMMON_SUFFIXES


def state_name(code: str) -> str:
    """ "TX" → "Texas"; what is no state's code as it is."""
    return STATE_NAMES.get(code, code)


def state_code(name: str | None) -> str | None:
    """ "WI", "wi", "Wis." and "Wisconsin" → "WI"."""
    return STATES.get(" ".join(bare(name).split())) if name else None


def ordinal(number: int) -> str:
    """116 → "116th"."""
    if number % 100 in {11, 12, 13}:
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


ORDINALS = {word: ordinal(position) for position, word in enumerate(_ORDINALS, start=1)}
