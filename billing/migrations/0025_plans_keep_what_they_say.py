"""What plans say is what their members meet: Starter what everybody has, no figure that another rule cuts short."""

from django.db import migrations, models
from django.db.models import F, Q

STARTER = {
    "hold_minutes": 5,
    "cart_minutes": 15,
    "may_extend": 0,
    "live_holds": 5,
    "waitlists": 10,
    "discount_percent": 0,
    "early_minutes": 0,
    "territories": 3,
    "territory_zips": 200,
    "territory_square_miles": 1_000,
    "seats": 1,
    "standing_orders": 3,
    "api_requests_per_minute": 600,
}


class Migration(migrations.Migration):
    dependencies = [("billing", "0024_messages_are_emptied")]
    operations = [
        migrations.AlterField(
            model_name="plan",
            name="may_extend",
            field=models.BooleanField(help_text="Whether a hold can be made longer, up to the end of its cart."),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=~Q(code="starter") | Q(offered_until__isnull=False) | Q(monthly_credits=0, **STARTER),
                name="plan_starter_is_the_floor",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=Q(early_minutes__lte=60, hold_minutes__lte=F("cart_minutes")),
                name="plan_keeps_what_it_says",
            ),
        ),
    ]
