"""A homeowner asks about their data, proves who they are, and reads the receipt: in two languages."""

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from tests.accounts.privacy_requests import CASEY, OneHolder, code_in, link_in
from tests.accounts.test_privacy_pages import holder, mailbox  # noqa: F401  (fixtures)

pytestmark = pytest.mark.journey

PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


def fill_in(page: Page, *, kind: str, name: str, email: str, send: str) -> None:
    page.get_by_label(kind).check()
    page.get_by_label(name).fill("Casey Homeowner")
    page.get_by_label(email, exact=True).fill(CASEY)
    page.get_by_role("button", name=send).click()


def test_a_homeowner_has_everything_erased(open_page, holder: OneHolder):  # noqa: F811
    page = open_page(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name="Your privacy").click()
    fill_in(page, kind="Erase my information", name="Your name", email="Your e-mail", send="Send the request")
    expect(page.get_by_role("heading", name="We have your request")).to_be_visible()

    page.goto(link_in(mail.outbox[-1]))
    page.get_by_label("Your e-mail or phone number").fill(CASEY)
    page.get_by_role("button", name="Send the code").click()
    expect(page.get_by_role("button", name="That is me")).to_be_visible()
    page.get_by_label("Code", exact=True).fill(code_in(mail.outbox[-1].body))
    page.get_by_role("button", name="That is me").click()

    page.get_by_role("link", name="Your receipt").click()
    expect(page.get_by_text("We erased 3 records of you.")).to_be_visible()
    expect(page.get_by_text("Alice Realty")).to_be_visible()
    assert holder.is_erased


def test_una_propietaria_pide_que_no_se_venda_su_informacion(open_page, holder: OneHolder):  # noqa: F811
    page = open_page(**PHONE)
    page.goto("/sell/?language=es")
    page.get_by_role("link", name="Su privacidad").click()
    fill_in(
        page,
        kind="Dejen de vender mi información",
        name="Su nombre",
        email="Su correo electrónico",
        send="Enviar la solicitud",
    )
    expect(page.get_by_role("heading", name="Tenemos su solicitud")).to_be_visible()

    page.goto(link_in(mail.outbox[-1]))
    page.get_by_role("link", name="Su comprobante").click()

    expect(page.get_by_text("Ya no vendemos su información a nadie")).to_be_visible()
    expect(page.get_by_text("Alice Realty")).to_have_count(0)
