"""Who takes the money: by the settings, and play money while developing alone."""

import pytest

from billing.checks import check_providers
from billing.errors import ProviderNotOffered
from billing.providers import choosing


def test_whoever_has_a_key_is_offered(settings):
    settings.STRIPE_SECRET_KEY, settings.PAYPAL_CLIENT_ID, settings.PAYMENT_SANDBOX = "sk_test_1", "", True

    assert choosing.offered() == ["stripe", "sandbox"]
    with pytest.raises(ProviderNotOffered) as refused:
        choosing.provider("paypal")
    assert refused.value.facts == {"offered": ["stripe", "sandbox"]}


def test_play_money_is_refused_outside_of_development_by_a_check_and_when_it_is_asked_for(settings):
    settings.PAYMENT_SANDBOX = True
    settings.ENVIRONMENT = settings.ENVIRONMENT.model_copy(update={"debug": False})

    assert "sandbox" not in choosing.offered()
    with pytest.raises(ProviderNotOffered):
        choosing.provider("sandbox")
    assert [error.id for error in check_providers(None)] == ["billing.E001"]


def test_half_of_a_provider_and_strangers_servers_are_named(settings):
    settings.STRIPE_SECRET_KEY, settings.PAYPAL_CLIENT_ID = "sk_test_1", "client"
    settings.STRIPE_API_BASE, settings.PAYPAL_API_BASE = "http://evil.example.com", "http://127.0.0.1:9"

    assert [error.id for error in check_providers(None)] == ["billing.E002", "billing.E003", "billing.E005"]
