"""Words that searches are full of: fillers that say nothing, and ordinary ones that are also names of towns."""

from typing import Final

_FILLERS: Final = """
a about all also am an and any anything anywhere are area around as asking at available be been best-of but by
can client clients code codes could county currently do does each either estate find finding for from get give
go good-for got had has have having he hello help her hi his home homes house houses how hunt hunting i i'd i'm
id im in is it it's its just lead leads let like list listed listing listings located location look lookin
looking market may me might mkt more much my need needed needing needs-to of off ok on one ones only options or
our out over owned per place places please pls plus properties property pull purchase real realty region report
sale sales search searching sell selling send she should show showing some something sort sorted spot spots that
the their them there these they thing things this those to up us usa want wanted wanting wants was we well were
what what's where which who whose will with within would you your zip zipcode zipcodes zips
"""
_ORDINARY: Final = """
access acre acres air airport alarm amenities apple appliances as-is attached attic backyard baker balcony bank
barn barns baron basement bath baths beach beautiful bed beds bell bend best big bishop black blue bonus brand
brick bright brown built bus business butler cabin campus car carpenter carpet carport cars cash ceilings center
central charming chase cheap cherry city clay clean close closet club coal coast college commerce commercial
common complex concept condition condo construction contract cook cooper copper corner cottage country court
courtyard cove covered creek cul custom cut day deacon deal deals deck deep den depot detached dining dock
double downtown drop duke duplex earl early east easy eden electric energy enterprise equity estate exterior
fair fairground faith family farm fast fence fenced field finished fireplace first fisher fixer flat flip floor
floors forest foundation free freeway fresh friendly front furnished garage garden gardener gardens gas gated
gold golden golf good grace granite grape gray great green ground guest handyman happy harbor hardwood harmony
heat heating heights hidden high highway hill hills historic hobby holly home homestead honey hope horse horses
hospital hot hour hours hunter hurry independence industry inground inspection interior interstate invest
investment investor iron island ivy jacuzzi joy justice key king kitchen lake lakefront land large laundry lease
lemon level liberty light living loan loans loft long lot lots low lucky luxury maintained mall marble market
mars mason meadow media metro mile miles mill miller modern month moody moon motivated mountain mountains mud
must needs new nice normal north oak oaks ocean office old olive open orange orchard original outdoor oversized
owner page paint paradise park parking pastor patio peach pearl penthouse pepper pets pier pilot pine pines
plain plans plaza plum point pond pool pools porch porter post pottery power premium price price-drop pride
prince private profit progress project prospect quality queen quick quiet ranch ready red reduced reform
relocation remodeled renovated rent rental repair ridge river riverfront road rocky roof room rooms rose royal
rural rustic salt sand sandy sauna sawyer scenic school schools seller sellers senior serene shed shepherd shop
shore short shower silver single sky small smith solar south spa space spacious speed split-level spring springs
stable stadium stainless star starter station steel stone storage story street stucco studio style subway sugar
suite summer summit sun sunny sunroom sunset surprise taylor tenant tenants tile tiny town townhouse trail train
tree trees turner turnkey union university updated upgraded upper urgent utility vacant vacation valley value
vaulted victory view views villa village vintage vinyl walker walkout wall washer water waterfront weaver well
west white wholesale wide wildlife willing wind window windows winter wood wooded woods work workshop world yard
year years young zoned
"""
_PHRASES: Final = """
back yard, bay view, beach front, beach house, big yard, cash only, city center, city view, corner lot, farm
house, fixer upper, forest view, front porch, garden home, garden level, golf course, good condition, grand
view, great location, great room, great view, green space, guest house, high ceilings, hill country, hobby farm
horse farm, hot springs, hot tub, lake front, lake house, lake view, large lot, long beach front, mid century
mill pond, mountain view, new construction, new home, new roof, oak floors, ocean front, ocean view, old house
old town, one story, open floor, park view, pool house, price cut, price reduced, red brick, river front, river
view, spring creek, stone house, sun room, tree line, two story, valley view, water front, water view, wood
floors
"""
_SPELT: Final = """
absentee acres airport apartment apartments around bathroom bathrooms baths bedroom bedrooms below between
bungalow buyers cheapest commercial condo condominium condos county credits downtown duplex expired family
foreclosure foreclosures fourplex house houses inherited landlord landlords latest lowest manufactured miles
mobile motivated multi multi-family newest owner owners parish preforeclosure preforeclosures premium probate
probates quality rental rentals single single-family square standard studio townhome townhomes townhouse
townhouses triplex under university within
"""
FILLERS: Final = frozenset(_FILLERS.split())
ORDINARY: Final = frozenset(_ORDINARY.split())
PHRASES: Final = frozenset(phrase for line in _PHRASES.strip().splitlines() for phrase in line.split(", "))
SPELT: Final = tuple(_SPELT.split())
"""Words that are understood misspelt, too."""
