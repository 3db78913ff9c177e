"""Tax that an office is asked for: before a payment's row is written, and told of what came in and what went back.

The question is asked before the transaction that writes the payment, and its answer kept with it: what is shown on
the page is what is paid, whatever becomes of the address. What came in and what went back is read off the payments
and credit notes themselves, so a report that was missed is made by the next sweep. Where the office does not answer
nobody pays: neither a tax of nothing nor one by another table is taken instead.
"""

from typing import Final
from uuid import UUID

import structlog

from aiqleads.core import alerts, transactions
from aiqleads.core.clock import Now
from aiqleads.core.models import Alert
from billing import selectors
from billing.errors import BillingAddressNeeded, OrderChanged, ProviderAway
from billing.models import BillingProfile, Invoice, Payment, TaxReckoning, TaxReversal
from billing.providers.port import (
    Money,
    Place,
    ProviderMisunderstood,
    ProviderRefused,
    ProviderUnreachable,
    TaxAnswer,
    TaxBack,
    TaxOffice,
    TaxQuestion,
    TaxReported,
)
from billing.providers.tax_offices import tax_office, told_office
from billing.tax import Tax, tax_on

log = structlog.get_logger(__name__)

AREA_UNTOLD: Final = "tax.unreported"
OFFICE: Final = "tax.office:"
"""The alert of an office that answers with what nobody understands."""
AWAY: Final = "We cannot find out the tax right now. Nothing was paid; try again in some minutes."
ADDRESS: Final = "Say first whom your invoices are made out to: the tax depends on where."


def ask_tax(*, organisation_id: UUID, net_cents: int, reference: str) -> TaxAnswer | None:
    """What an office says of the tax on a price; None where there is none, and the table of rates says it.

    :param reference: the id of what is about to be written down
    :raises BillingAddressNeeded: the organisation has not said where it is, or nobody finds it there
    :raises ProviderAway: the office gave no answer that counts
    """
    transactions.refuse_transaction()
    office = tax_office()
    if office is None:
        return None
    profile = BillingProfile.objects.filter(pk=organisation_id).first()
    if profile is None:
        raise BillingAddressNeeded(ADDRESS)
    question = TaxQuestion(reference=reference, net=Money(minor=net_cents), place=_place(profile))
    try:
        answer = office.reckon(question)
    except ProviderRefused as refusal:
        raise BillingAddressNeeded(refusal.says) from refusal
    except ProviderUnreachable as error:
        raise ProviderAway(AWAY) from error
    except ProviderMisunderstood as error:
        alerts.open_alert(key=OFFICE, says=f"Nobody can pay: Stripe Tax refuses to reckon ({error}).")
        raise ProviderAway(AWAY) from error
    alerts.close_alert(key=OFFICE)
    return answer


def _place(profile: BillingProfile) -> Place:
    return Place(
        country=profile.country,
        region=profile.region,
        postal_code=profile.postal_code,
        city=profile.city,
        street=profile.street,
    )


def tax_of(answer: TaxAnswer | None, *, organisation_id: UUID, net_cents: int) -> Tax:
    """The tax to write down: as the office said it, or by the table where there is none.

    :raises OrderChanged: the office was asked about another price
    :raises ProviderAway: there is an office, and it was not asked
    :raises BillingAddressNeeded: as ``tax_on``
    """
    if answer is None:
        if tax_office() is not None:
            raise ProviderAway(AWAY)
        return tax_on(organisation_id=organisation_id, net_cents=net_cents)
    if answer.net.usd_cents != net_cents:
        raise OrderChanged("The price changed in this moment. Nothing was paid; order once more.")
    return Tax(
        cents=answer.tax.usd_cents,
        millipercent=answer.millipercent,
        label=answer.label,
        region=answer.region,
    )


def keep_answer(payment: Payment, answer: TaxAnswer) -> None:
    """Write down what was reckoned for a payment that is new. Joins the transaction."""
    transactions.require_transaction()
    TaxReckoning.objects.create(
        payment=payment,
        calculation_id=answer.calculation_id,
        net_cents=answer.net.usd_cents,
        tax_cents=answer.tax.usd_cents,
        millipercent=answer.millipercent,
        label=answer.label,
        region=answer.region,
        parts=[{"says": part.says, "cents": part.tax.usd_cents} for part in answer.parts],
        expires_at=answer.expires_at,
    )


def report_taxes(*, limit: int = 200) -> int:
    """Tell the office what came in and what went back since it was last told. Safe to run twice and side by side.

    An office that does not answer is left alone until the next time; one that refuses a report is not asked for it
    again, and a person is told.

    :return: how many reports it took
    """
    transactions.refuse_transaction()
    office = told_office()
    if office is None:
        return 0
    _ask_for_corrections()
    told = 0
    try:
        for reckoning in selectors.taxes_to_report()[:limit]:
            told += _report(office, reckoning)
        for note in selectors.taxes_to_take_back()[:limit]:
            told += _take_back(office, note)
    except ProviderUnreachable as error:
        log.warning("tax.office_away", may_have_acted=error.may_have_acted)
    return told


def _ask_for_corrections() -> None:
    """Have a person enter what did not go back after it was told: an office takes no reversal of a reversal."""
    for correction in selectors.corrections_of_told_notes():
        key = f"tax.corrected:{correction.pk}"
        if not Alert.objects.filter(key=key).exists():  # once it was closed it is done
            says = "Stripe Tax was told that a tax went back, and it did not: enter it there as a sale, by hand."
            alerts.open_alert(key=key, says=says, subject=correction)


def _report(office: TaxOffice, reckoning: TaxReckoning) -> bool:
    try:
        told = office.report(calculation_id=reckoning.calculation_id, reference=str(reckoning.pk))
    except ProviderRefused as refusal:
        _note_unreported(payment_id=reckoning.pk, code=refusal.code)
        return False
    except ProviderMisunderstood as error:  # the others are told all the same
        _tell_a_person(reckoning.payment, str(error))
        return False
    _note_reported(payment_id=reckoning.pk, told=told)
    return True


def _tell_a_person(subject: Payment | Invoice, why: str) -> None:
    alerts.open_alert(
        key=f"{AREA_UNTOLD}:{subject.pk}",
        says=f"Stripe Tax does not take the tax of this ({why}): look there, and enter it by hand.",
        subject=subject,
    )


@transactions.write
def _note_reported(*, payment_id: UUID, told: TaxReported) -> None:
    kept = TaxReckoning.objects.filter(pk=payment_id, transaction_id="")
    kept.update(transaction_id=told.transaction_id, line_id=told.line_id, reported_at=Now(), code="")
    alerts.close_alert(key=f"{AREA_UNTOLD}:{payment_id}")


@transactions.write
def _note_unreported(*, payment_id: UUID, code: str) -> None:
    reckoning = TaxReckoning.objects.select_for_update().get(pk=payment_id)
    if reckoning.transaction_id or reckoning.code:
        return
    reckoning.code = code[:60]
    reckoning.save(update_fields=["code"])
    _tell_a_person(reckoning.payment, code)


def _take_back(office: TaxOffice, note: Invoice) -> bool:
    reckoning = note.payment.tax_reckoning
    back = TaxBack(
        reference=str(note.pk),
        reported=TaxReported(transaction_id=reckoning.transaction_id, line_id=reckoning.line_id),
        net=Money(minor=note.net_cents),
        tax=Money(minor=note.tax_cents),
        is_whole=(note.net_cents, note.tax_cents) == (reckoning.net_cents, reckoning.tax_cents),
    )
    try:
        transaction_id, code = office.take_back(back), ""
    except ProviderRefused as refusal:
        transaction_id, code = "", refusal.code[:60]
    except ProviderMisunderstood as error:
        _tell_a_person(note, str(error))
        return False
    _note_back(note_id=note.pk, payment_id=reckoning.pk, transaction_id=transaction_id, code=code)
    return not code


@transactions.write
def _note_back(*, note_id: UUID, payment_id: UUID, transaction_id: str, code: str) -> None:
    row = TaxReversal(credit_note_id=note_id, reckoning_id=payment_id, transaction_id=transaction_id, code=code)
    TaxReversal.objects.bulk_create([row], ignore_conflicts=True)  # two sweeps side by side were told the same
    if code:
        _tell_a_person(Invoice.objects.get(pk=note_id), code)
    else:
        alerts.close_alert(key=f"{AREA_UNTOLD}:{note_id}")
