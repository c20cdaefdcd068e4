import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0002_gold_and_shadows")]

    operations = [
        migrations.CreateModel(
            name="PreLabel",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("value", models.SmallIntegerField()),
                ("model", models.CharField(max_length=120)),
                (
                    "created",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "sample",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="guess",
                        to="labeling.sample",
                    ),
                ),
            ],
            options={
                "verbose_name": "pre-label",
                "verbose_name_plural": "pre-labels",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("value__gte", 0), ("value__lte", 3)),
                        name="guess_in_scale",
                    )
                ],
            },
        ),
    ]
