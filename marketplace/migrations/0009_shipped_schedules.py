"""What runs by the clock, as shipped; operators change the rows afterwards."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    replaces = [
        ("marketplace", "0004_schedules"),
        ("marketplace", "0017_saved_searches"),
        ("marketplace", "0023_offer_words"),
        ("marketplace", "0038_reminders"),
        ("marketplace", "0039_devices"),
        ("marketplace", "0045_deliveries_are_forgotten"),
    ]
    dependencies = [
        ("marketplace", "0008_guards_of_deliveries"),
        schedules.BEAT_MIGRATION,
    ]
    operations = [
        schedules.together(
            schedules.every(
                3600,
                name="Measure demand again",
                task="marketplace.tasks.measure_demand",
                description="Counts holds, sales and offers of the last 14 days in every market.",
            ),
            schedules.every(
                60,
                name="Tell what saved searches found",
                task="marketplace.tasks.tell_of_due_searches",
                description="Searches that tell at once look every minute; daily and weekly ones when they are due.",
            ),
            schedules.daily(
                15,
                20,
                name="Ask what became of leads",
                task="marketplace.tasks.ask_for_outcomes",
                description="Asks the buyers of purchases that are a week old and have no outcome, each once.",
            ),
            schedules.every(
                3600,
                name="Count the words of offers",
                task="marketplace.tasks.count_words",
                description="So that a misspelt word of a search finds the one that offers say.",
            ),
            schedules.every(
                30,
                name="Deliver what buyers are to get",
                task="marketplace.tasks.deliver",
                description="Sends what was not sent at once, and tries again what was not taken. Each commit starts it too.",
            ),
            schedules.every(
                20,
                name="Let standing orders buy",
                task="marketplace.tasks.buy_for_due_orders",
                description="Windows that open tell nobody: what has opened to an order is found by looking.",
            ),
            schedules.every(
                300,
                name="Remind members of their plans",
                task="marketplace.tasks.remind",
                description="Tells members which steps of their plans are due, and mails each the plan of the day once.",
            ),
            schedules.every(
                60,
                name="Push what is due",
                task="marketplace.tasks.push_due",
                description="Tells members on their telephones what could not be pushed at once.",
            ),
            schedules.every(
                10,
                name="Tell who waits that their turn has come",
                task="marketplace.tasks.tell_of_turns",
                description="A hold that runs out and a window that passes unused make no event: somebody has to look.",
            ),
            schedules.daily(
                4,
                10,
                name="Forget deliveries",
                task="marketplace.tasks.forget_deliveries",
                description="Tries and shapes go 90 days after a delivery was settled, and all but purchases whole.",
            ),
            schedules.daily(
                9,
                30,
                name="remind of deletions",
                task="marketplace.tasks.remind_of_deletions",
                description="Reminds buyers to confirm that they deleted what an owner had deleted.",
            ),
        )
    ]
