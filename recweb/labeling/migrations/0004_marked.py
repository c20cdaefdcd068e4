from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("labeling", "0003_prelabels")]

    operations = [
        migrations.AlterField(
            model_name="sample",
            name="arm",
            field=models.CharField(
                choices=[("uncertain", "uncertain"), ("random", "random"), ("marked", "marked")],
                max_length=10,
            ),
        ),
    ]
