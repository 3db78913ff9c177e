"""Given names in the United States: the common ones, and which short forms stand for which. Tables only."""

from __future__ import annotations

from typing import Final

# a formal name, then what people call its bearers; a short form may belong to several formal names
_NICKNAMES: Final = """
abigail abby gail|abraham abe|albert al bert|alexander alex al sandy xander|alexandra alex sandra lexi|
alfred al fred|amanda mandy|andrew andy drew|angela angie|ann annie nan|anthony tony|antonio tony|arthur art|
barbara barb babs barbie|benjamin ben benny|bernard bernie|bradley brad|calvin cal|cameron cam|
carolyn carrie lyn|catherine cathy kate katie cat|charles charlie chuck chas|charlotte lottie charlie|
christina chris tina christy|christine chris chrissy tina|christopher chris topher kit|clifford cliff|
cynthia cindy|daniel dan danny|david dave davy|deborah deb debbie|debra deb debbie|dennis denny|dolores lola|
donald don donnie|dorothy dot dottie|douglas doug|edgar ed|edward ed eddie ted ned|edwin ed|eleanor ellie nell|
elizabeth liz beth betty lizzie eliza betsy libby|emily em|eugene gene|frances fran francie|francis frank fran|
franklin frank|frederick fred freddy|gabriel gabe|gabrielle gabby|gerald gerry jerry|gilbert gil|gregory greg|
harold hal harry|henry hank harry|herbert herb bert|isabella bella izzy|jacob jake|jacqueline jackie|
james jim jimmy jamie|janet jan|jason jay|jeffrey jeff|jennifer jen jenny|jeremy jerry|jerome jerry|
jessica jess jessie|joanna jo|john jack johnny jon|jonathan jon johnny|joseph joe joey|joshua josh|judith judy|
julia julie jules|katherine kate kathy katie kat kit|kathleen kathy kate|kenneth ken kenny|kimberly kim|
kristen kris|lawrence larry|leonard len lenny leo|leslie les|louis lou|louise lou|lillian lily|madeline maddie|
margaret peggy maggie meg marge margie|martin marty|martha marty|mary molly polly|matthew matt|maxwell max|
melissa missy mel|melvin mel|michael mike mikey mick|michelle shelly|mitchell mitch|nancy nan|natalie nat|
nathan nate nat|nathaniel nate nat|nicholas nick nicky|nicole nikki|olivia liv|oliver ollie|pamela pam|
patricia pat patty trish tricia|patrick pat paddy|peter pete|philip phil|phillip phil|rachel rae|randall randy|
raymond ray|rebecca becky becca|reginald reggie|richard rick dick rich ricky richie|
robert bob rob bobby robbie bert|roberta bobbie|rodney rod|roger rodge|ronald ron ronnie|russell russ|
samantha sam|samuel sam sammy|sandra sandy|sarah sally|sebastian seb|sharon shari|stanley stan|stephanie steph|
stephen steve|steven steve|stuart stu|susan sue susie suzy|suzanne sue suzy|terrence terry|teresa terry tess|
theresa terry tess|theodore ted teddy theo|thomas tom tommy|timothy tim timmy|valerie val|victor vic|
victoria vicky tori|vincent vince vinny|virginia ginny|walter walt wally|wesley wes|wilbur will|
william bill will billy willie liam|zachary zach
"""


def _bearers() -> dict[str, frozenset[str]]:
    table: dict[str, set[str]] = {}
    for row in _NICKNAMES.replace("\n", "").split("|"):
        formal, *shorts = row.split()
        for name in (formal, *shorts):
            table.setdefault(name, set()).add(formal)
    return {name: frozenset(formal) for name, formal in table.items()}


_COMMON: Final = """
james mary robert patricia john jennifer michael linda david elizabeth william barbara richard susan joseph jessica
thomas sarah charles karen christopher lisa daniel nancy matthew betty anthony margaret mark sandra donald ashley
steven kimberly paul emily andrew donna joshua michelle kenneth carol kevin amanda brian dorothy george melissa
timothy deborah ronald stephanie edward rebecca jason sharon jeffrey laura ryan cynthia jacob kathleen gary amy
nicholas angela eric shirley jonathan anna stephen brenda larry pamela justin emma scott nicole brandon helen
benjamin samantha samuel katherine gregory christine alexander debra frank rachel patrick carolyn raymond janet jack
catherine dennis maria jerry heather tyler diane aaron ruth jose julie adam olivia nathan joyce henry virginia juan
victoria carlos luis peter kyle walter harold jeremy ethan carl keith roger gerald christian terry sean arthur
austin noah lawrence jesse joe bryan billy jordan albert dylan bruce willie gabriel alan bob bill tom mike jim steve
dave chris kathy sue ann alice charlie olga antonio jorge miguel ana rosa wei mohammed
"""
COMMON_GIVEN_NAMES: Final = frozenset(_COMMON.split())
"""Enough of them to tell a column of persons from a column of firms, in lower case."""

_FORMAL_NAMES: Final = _bearers()
_NOBODY: Final[frozenset[str]] = frozenset()


def may_be_one_name(one: str, other: str) -> bool:
    """Whether two given names, in lower case, can be two forms of one: "bill" and "william", "ted" and "edward"."""
    formal = _FORMAL_NAMES.get(one, _NOBODY)
    return not formal.isdisjoint(_FORMAL_NAMES.get(other, _NOBODY))
