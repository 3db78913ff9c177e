"""Sales that were made before scoring learnt from them are noted as it would have noted them."""

from django.db import migrations

BEFORE = """
INSERT INTO leads_sale (id, lead_id, score_id, sold_at, returned_at, ground)
SELECT bought.id, bought.lead_id, (
    SELECT score.id FROM leads_score score WHERE score.lead_id = bought.lead_id AND score.scored_at <= bought.bought_at
    ORDER BY score.scored_at DESC, score.id DESC LIMIT 1
), bought.bought_at, back.decided_at, coalesce(back.ground, '')
FROM marketplace_purchase bought
LEFT JOIN marketplace_return back ON back.purchase_id = bought.id AND back.state = 'accepted'
ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [
        ("leads", "0025_scoring_models"),
        ("marketplace", "0048_features"),
    ]
    operations = [migrations.RunSQL(BEFORE, migrations.RunSQL.noop)]
