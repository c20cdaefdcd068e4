from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("datasets", "0008_transfer")]

    operations = [
        migrations.AddField(
            model_name="erased",
            name="sought",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
    ]
