"""Which answers are walls, and which ordinary pages only look like one."""

import time

import pytest

from scraping.walls import Answer, wall_in

ADVERT = """<title>3 bedroom house on Juniper Way | Own Door</title><h1>House on Juniper Way</h1>
<p>Sold by its owner, $412,000.</p><script src="https://www.google.com/recaptcha/api.js?render=k"></script>"""
FORM = '<form action="/login"><input name="email"><input type="password" name="pass"></form>'


def answer(page: str = "", *, status: int = 200, path: str = "/homes/1", asked: str = "/homes/1", **headers: str):
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, path=path, asked_path=asked, headers=told, page=page)


@pytest.mark.parametrize(
    ("says", "met"),
    [
        ("a Cloudflare challenge", answer("<title>Just a moment...</title>", status=503)),
        ("a Cloudflare challenge", answer("", status=403, cf_mitigated="challenge")),
        ("a Cloudflare challenge", answer("<title>Austin</title><script>window._cf_chl_opt={}</script>")),
        ("a Cloudflare challenge", answer("<title>Attention Required! | Cloudflare</title>", status=403)),
        ("a Cloudflare block", answer("<h2>Access denied</h2>Error code: 1020", status=403)),
        ("a PerimeterX challenge", answer("<title>Access to this page has been denied</title>", status=403)),
        ("a PerimeterX challenge", answer('<div id="px-captcha"></div>Press &amp; Hold to confirm')),
        ("a PerimeterX challenge", answer("<h1>Press &amp; Hold to confirm you are a human</h1>")),
        (
            "a DataDome challenge",
            answer('<iframe src="https://geo.captcha-delivery.com/captcha/?i=1">', status=403),
        ),
        ("an Imperva block", answer("Request unsuccessful. Incapsula incident ID: 1-2")),
        ("an Imperva block", answer("<title>Pardon Our Interruption</title>")),
        ("an Akamai block", answer("<h1>Access Denied</h1>You don't have permission. Reference&#32;&#35;18")),
        ("an AWS challenge", answer("", status=405, x_amzn_waf_action="captcha")),
        (
            "a block page",
            answer("<p>This IP has been automatically blocked. If you have questions …</p>", status=403),
        ),
        ("a block page", answer("<p>Your request has been blocked.</p>", status=403)),
        ("a block page", answer("<p>Our systems have detected unusual traffic from your network.</p>", status=429)),
        ("a captcha", answer("<title>Robot Check</title>")),
        ("a captcha", answer("<h1>Please verify you are a human</h1>")),
        ("a captcha", answer('<form><div class="g-recaptcha" data-sitekey="k"></div><button>Go</button></form>')),
        ("a captcha", answer('<form><div class="h-captcha" data-sitekey="k"></div></form>')),
        ("a log-in wall", answer(ADVERT, path="/login/?next=homes")),
        ("a log-in wall", answer(ADVERT, path="/accounts/signin")),
        ("a log-in wall", answer(f"<title>Log in to Facebook</title>{FORM}")),
        ("a log-in wall", answer(f"<title>Facebook – log in or sign up</title>{FORM}")),
        ("a demand to log in (HTTP 401)", answer("", status=401)),
    ],
)
def test_a_wall_is_told_by_its_name(says, met):
    assert wall_in(met) == says


@pytest.mark.parametrize(
    "page",
    [
        ADVERT,
        ADVERT + "<p>No captcha, no robots: just call. I verify you are a human by talking to you.</p>",
        ADVERT + '<form id="ask"><div class="g-recaptcha"></div></form>' + "A word about the home. " * 30,
        ADVERT + '<a href="/login">Log in</a> <a href="/signin">Sign in</a>' + FORM,
        ADVERT + '<script src="/cdn-cgi/challenge-platform/scripts/jsd/main.js"></script>',
        ADVERT + '<script>window._pxAppId="k"</script><script src="https://js.datadome.co/tags.js"></script>',
        "<title>Just a moment from the beach: 2 bedrooms</title><h1>Just a moment from the beach</h1>",
        "<title>Login Court 12, Austin</title><h1>12 Login Court</h1>$412,000",
        "<title>Homes</title>" + "<p>Hold the door: access to this page has been denied to nobody.</p>" * 40,
        "",
    ],
)
def test_an_ordinary_page_is_no_wall_whatever_it_mentions(page):
    assert wall_in(answer(page)) is None


@pytest.mark.parametrize("status", [403, 404, 410, 429, 500, 503])
def test_an_ordinary_error_is_no_wall(status):
    assert wall_in(answer("<title>Not here</title><h1>Sorry</h1>", status=status)) is None


def test_somebody_who_asks_for_a_street_called_login_is_not_sent_away():
    assert wall_in(answer(ADVERT, path="/homes/2", asked="/homes/1")) is None
    assert wall_in(answer(ADVERT, path="/login/court", asked="/login/lane")) is None


def test_no_real_page_is_taken_for_a_wall(shared_data):
    pages = sorted(shared_data.glob("*/*.htm*"))

    walls = {page.name: wall_in(answer(page.read_bytes().decode("utf-8", "replace"))) for page in pages}

    assert len(walls) > 20
    assert {name: says for name, says in walls.items() if says} == {}


@pytest.mark.parametrize("hostile", ["<", "<h1>captcha", "<!-- captcha", "<script captcha", "<h1 captcha <h1"])
def test_a_hostile_page_is_looked_at_in_linear_time(hostile):
    met = answer((hostile * 400_000)[:390_000])

    began = time.process_time()
    wall_in(met)

    assert time.process_time() - began < 2
