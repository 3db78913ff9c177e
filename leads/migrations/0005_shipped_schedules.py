"""What runs by the clock, as shipped; operators change the rows afterwards."""

from django.db import migrations

from aiqleads.core import schedules


class Migration(migrations.Migration):
    replaces = [
        ("leads", "0005_schedules"),
        ("leads", "0027_reading_by_the_clock"),
        ("leads", "0032_vector_lists"),
    ]
    dependencies = [
        ("leads", "0004_shipped_sources_and_consents"),
        schedules.BEAT_MIGRATION,
    ]
    operations = [
        schedules.together(
            schedules.daily(
                9,
                10,
                name="Score all leads again",
                task="leads.tasks.rescore",
                description="An advert ages without changing, and the prices around it move.",
            ),
            schedules.daily(
                4,
                40,
                name="Count what became of sold leads",
                task="leads.tasks.count_what_became",
                description="Counts, by tier, in how many sales of a year the owner was reached, for the leads' pages.",
            ),
            schedules.every(
                60,
                name="Embed what leads say now",
                task="leads.tasks.embed_leads",
                queue="ai",
                description="Catches up with what no worker was asked for.",
            ),
            schedules.every(
                900,
                name="Read adverts by models",
                task="leads.tasks.read_adverts",
                queue="ai",
                description="Asks the route \"Read adverts\" about what only the rules have read; without a provider it ends at once.",
            ),
            schedules.every(
                900,
                name="Fill adverts' gaps",
                task="leads.tasks.clean_listings",
                queue="ai",
                description="Asks the route \"Clean listings\" about adverts whose fields are silent or contradict each other.",
            ),
            schedules.every(
                900,
                name="Have a provider embed what leads say now",
                task="leads.tasks.embed_leads_elsewhere",
                queue="ai",
                description="Does nothing while no provider of embeddings has a key or its budget is spent.",
            ),
            schedules.every(
                3_600,
                name="Keep the lists of alike vectors",
                task="leads.tasks.keep_vector_lists",
                queue="ai",
                description="Makes them when there are 50,000 vectors, and anew when these have doubled or halved.",
            ),
        )
    ]
