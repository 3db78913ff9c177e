"""Comparing an agent's own contacts with what is on offer."""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import MemberRequest, member_required
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from marketplace import cards, errors, selectors, services
from marketplace.crm_rows import MOST_ROWS, read_table
from marketplace.views.parts import page

MOST_BYTES: Final = 10 * 1024 * 1024


class CrmFileForm(forms.Form):
    """A file of contacts."""

    contacts = forms.FileField(
        label="Your contacts", help_text="CSV or JSON with address and phone or e-mail, at most 10 MB."
    )

    def clean_contacts(self) -> Any:
        file = self.cleaned_data["contacts"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError("The file is larger than 10 MB. Send the contacts you work with now.")
        return file


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def crm_matches(request: MemberRequest) -> HttpResponse:
    form = CrmFileForm(request.POST or None, request.FILES or None)
    refusal = None
    if request.method == "POST" and form.is_valid():
        try:
            contacts = read_table(form.cleaned_data["contacts"].file)
            upload = services.compare_crm(member=request.membership, contacts=contacts)
        except (Refusal, LockTimeout) as error:
            refusal = errors.as_refusal(error)
        else:
            messages.success(request, f"Compared and forgotten. Leads known to you: {upload.matches.count()}.")
            return redirect("marketplace:crm_matches")
    uploads = selectors.crm_uploads(request.membership)
    offers = selectors.matched_offers(uploads[0]) if uploads else []
    context = {
        "form": form,
        "refusal": refusal,
        "uploads": uploads,
        "cards": cards.cards(offers, membership=request.membership),
        "most_rows": MOST_ROWS,
    }
    status = refusal.status if refusal else 400 if form.errors else 200
    return page(request, "marketplace/crm_matches.html", context, status=status)
