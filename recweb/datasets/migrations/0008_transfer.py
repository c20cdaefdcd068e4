from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("datasets", "0007_pictures"),
    ]

    operations = [
        migrations.AlterField(
            model_name="report",
            name="kind",
            field=models.CharField(
                choices=[
                    ("health", "health"),
                    ("diff", "difference"),
                    ("anonymity", "k-anonymity"),
                    ("weights", "event weights"),
                    ("pictures", "vectors of pictures"),
                    ("transfer", "transfer"),
                ],
                max_length=10,
            ),
        ),
    ]
