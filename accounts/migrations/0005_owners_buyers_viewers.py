"""Members are owners, buyers or viewers; who was an agent is a buyer now, and a reader a viewer."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_time_zones")]

    operations = [
        migrations.RemoveConstraint(model_name="membership", name="membership_role_known"),
        migrations.RunSQL(
            "UPDATE accounts_membership SET role = CASE role WHEN 'agent' THEN 'buyer' ELSE 'viewer' END "
            "WHERE role IN ('agent', 'reader')",
            "UPDATE accounts_membership SET role = CASE role WHEN 'buyer' THEN 'agent' ELSE 'reader' END "
            "WHERE role IN ('buyer', 'viewer')",
        ),
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(
                choices=[("owner", "Owner"), ("buyer", "Buyer"), ("viewer", "Viewer")],
                default="owner",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["owner", "buyer", "viewer"])), name="membership_role_known"
            ),
        ),
    ]
