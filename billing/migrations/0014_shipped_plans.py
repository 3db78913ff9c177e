"""Plans and packs as shipped; people of finance revise them in the back office afterwards."""

from typing import Any

from django.db import migrations

COLUMNS = (
    "code", "name", "price_cents", "monthly_credits", "trial_days", "trial_credits", "hold_minutes", "cart_minutes",
    "may_extend", "live_holds", "waitlists", "discount_percent", "early_minutes", "territories", "territory_zips",
    "territory_square_miles", "seats", "standing_orders", "api_requests_per_minute",
)  # fmt: skip
PLANS = (
    ("starter", "Starter", 0, 0, 0, 0, 5, 15, False, 5, 10, 0, 0, 3, 200, 1_000, 1, 3, 600),
    ("pro", "Pro", 49_00, 100, 14, 10, 10, 20, True, 10, 25, 5, 5, 10, 600, 3_000, 5, 10, 1_500),
    ("premium", "Premium", 149_00, 400, 0, 0, 15, 30, True, 20, 50, 10, 10, 30, 2_000, 10_000, 25, 30, 3_000),
)
PACKS = (
    ("credits-50", "50 credits", 50, 50_00),
    ("credits-100", "100 credits", 100, 98_00),
    ("credits-250", "250 credits", 250, 240_00),
    ("credits-1000", "1,000 credits", 1_000, 930_00),
)


def ship(apps: Any, _schema_editor: Any) -> None:
    plan, pack = apps.get_model("billing", "Plan"), apps.get_model("billing", "Pack")
    plan.objects.bulk_create(plan(**dict(zip(COLUMNS, row, strict=True))) for row in PLANS)
    pack.objects.bulk_create(
        pack(code=code, name=name, amount_credits=amount_credits, price_cents=price_cents)
        for code, name, amount_credits, price_cents in PACKS
    )


class Migration(migrations.Migration):
    dependencies = [("billing", "0013_guards_of_plans")]
    operations = [migrations.RunPython(ship, migrations.RunPython.noop)]
