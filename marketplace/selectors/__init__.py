"""Public reads of the marketplace. Only the public view is searched and shown; a contact needs a sold claim."""

from marketplace.selectors.areas import work_area
from marketplace.selectors.carts import CartItem, CartView, cart, hold_line, live_hold, live_holds
from marketplace.selectors.clusters import counts_by_state, map_view
from marketplace.selectors.crm import crm_uploads, known_leads, matched_offers
from marketplace.selectors.facets import Facets, facets
from marketplace.selectors.notifications import (
    access_notification,
    notification_choices,
    notification_page,
    unread_notifications,
    wanted_channels,
)
from marketplace.selectors.offers import (
    MOST_COUNTED,
    ORDERINGS,
    PAGE_SIZE,
    Figures,
    count,
    figures,
    get_listing,
    quote_history,
    quote_page,
    search,
)
from marketplace.selectors.proofs import Delivery, SaleCount, sale_count, sale_statement
from marketplace.selectors.purchases import (
    Receipt,
    access_purchase,
    bought_lead,
    own_purchases,
    purchase_page,
    purchases,
    receipt,
)
from marketplace.selectors.recommendations import Recommendation, recommendations
from marketplace.selectors.returns import (
    bought_together,
    return_facts,
    return_findings,
    return_queue,
    return_rate,
    return_terms,
    return_window_ends,
)
from marketplace.selectors.searches import KeptSearch, access_search, saved_searches
from marketplace.selectors.waiting import NOBODY_WAITS, Queue, queues, waited_for
from marketplace.selectors.watching import (
    MOST_COMPARED,
    compared,
    recently_viewed,
    watched_leads,
    watched_page,
)
from marketplace.selectors.wording import Forgiven, forgive

__all__ = [
    "MOST_COMPARED",
    "MOST_COUNTED",
    "NOBODY_WAITS",
    "ORDERINGS",
    "PAGE_SIZE",
    "CartItem",
    "CartView",
    "Delivery",
    "Facets",
    "Figures",
    "Forgiven",
    "KeptSearch",
    "Queue",
    "Receipt",
    "Recommendation",
    "SaleCount",
    "access_notification",
    "access_purchase",
    "access_search",
    "bought_lead",
    "bought_together",
    "cart",
    "compared",
    "count",
    "counts_by_state",
    "crm_uploads",
    "facets",
    "figures",
    "forgive",
    "get_listing",
    "hold_line",
    "known_leads",
    "live_hold",
    "live_holds",
    "map_view",
    "matched_offers",
    "notification_choices",
    "notification_page",
    "own_purchases",
    "purchase_page",
    "purchases",
    "queues",
    "quote_history",
    "quote_page",
    "receipt",
    "recently_viewed",
    "recommendations",
    "return_facts",
    "return_findings",
    "return_queue",
    "return_rate",
    "return_terms",
    "return_window_ends",
    "sale_count",
    "sale_statement",
    "saved_searches",
    "search",
    "unread_notifications",
    "waited_for",
    "wanted_channels",
    "watched_leads",
    "watched_page",
    "work_area",
]
