import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

# Partitioned by dataset, then by import: a file appears by ATTACH and leaves by DETACH, whatever
# its size. No foreign keys: they make a load sixteen times slower. NaN and infinity are numbers
# to Postgres, so the table itself refuses them.
INTERACTION = """
CREATE TABLE datasets_interaction (
    dataset_id bigint NOT NULL,
    import_id bigint NOT NULL,
    line bigint NOT NULL,
    user_code integer NOT NULL,
    item_code integer,
    event smallint NOT NULL,
    value double precision,
    at bigint,
    session text,
    context jsonb,
    CONSTRAINT interaction_finite CHECK (value > '-Infinity' AND value < 'Infinity'),
    CONSTRAINT interaction_codes CHECK (user_code >= 0 AND item_code >= 0 AND event >= 0),
    CONSTRAINT interaction_pk PRIMARY KEY (dataset_id, import_id, line)
) PARTITION BY LIST (dataset_id);
CREATE INDEX interaction_user ON datasets_interaction (user_code);
CREATE INDEX interaction_item ON datasets_interaction (item_code);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        TrigramExtension(),
        migrations.RunSQL(INTERACTION, reverse_sql="DROP TABLE datasets_interaction"),
        migrations.CreateModel(
            name="Interaction",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "dataset_id",
                        "import_id",
                        "line",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("dataset_id", models.BigIntegerField()),
                ("import_id", models.BigIntegerField()),
                ("line", models.BigIntegerField()),
                ("user_code", models.IntegerField()),
                ("item_code", models.IntegerField(null=True)),
                ("event", models.SmallIntegerField()),
                ("value", models.FloatField(null=True)),
                ("at", models.BigIntegerField(null=True)),
                ("session", models.TextField(null=True)),
                ("context", models.JSONField(null=True)),
            ],
            options={
                "db_table": "datasets_interaction",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Dataset",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("slug", models.SlugField(max_length=60, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("repeats_wanted", models.BooleanField(default=False)),
                ("rules", models.JSONField(default=list)),
                ("time_zone", models.CharField(default="UTC", max_length=50)),
                ("source", models.CharField(blank=True, max_length=200)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("deleted", models.DateTimeField(null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "dataset",
                "verbose_name_plural": "datasets",
            },
        ),
        migrations.CreateModel(
            name="EventName",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "dataset_id",
                        "code",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("dataset_id", models.BigIntegerField()),
                ("code", models.SmallIntegerField()),
                ("name", models.CharField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("dataset_id", "name"), name="event_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("interactions", "interactions"),
                            ("items", "items"),
                            ("users", "users"),
                            ("labels", "labels"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("uploaded", "uploaded"),
                            ("checking", "checking"),
                            ("waiting", "waits for a decision"),
                            ("loaded", "loaded"),
                            ("refused", "refused"),
                            ("cancelled", "cancelled"),
                        ],
                        default="uploaded",
                        max_length=10,
                    ),
                ),
                ("file_name", models.CharField(max_length=255)),
                ("stored", models.CharField(max_length=60)),
                ("sha256", models.CharField(max_length=64)),
                ("size", models.BigIntegerField()),
                ("mapping", models.JSONField(default=dict)),
                ("options", models.JSONField(default=dict)),
                ("rules", models.JSONField(default=list)),
                ("accept_bad", models.BooleanField(default=False)),
                ("rows_in", models.BigIntegerField(default=0)),
                ("accepted", models.BigIntegerField(default=0)),
                ("duplicates", models.BigIntegerField(default=0)),
                ("quarantined", models.BigIntegerField(default=0)),
                ("reasons", models.JSONField(default=dict)),
                ("notes", models.JSONField(default=list)),
                ("refusal", models.JSONField(null=True)),
                ("facts", models.JSONField(default=dict)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("loaded", models.DateTimeField(null=True)),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="imports",
                        to="datasets.dataset",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "import",
                "verbose_name_plural": "imports",
            },
        ),
        migrations.CreateModel(
            name="Item",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "dataset_id",
                        "code",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("code", models.IntegerField()),
                ("outside_id", models.TextField(db_collation="C")),
                ("title", models.TextField(blank=True, default="")),
                (
                    "topics",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("year", models.IntegerField(null=True)),
                ("text", models.TextField(blank=True, default="")),
                ("attributes", models.JSONField(default=dict)),
                ("in_catalogue", models.BooleanField(default=False)),
                ("n_events", models.IntegerField(default=0)),
                (
                    "dataset",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="datasets.dataset",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("added", models.DateTimeField(auto_now_add=True)),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="members",
                        to="datasets.dataset",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "dataset_id",
                        "code",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("code", models.IntegerField()),
                ("outside_id", models.TextField(db_collation="C")),
                ("n_events", models.IntegerField(default=0)),
                ("attributes", models.JSONField(default=dict)),
                (
                    "dataset",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="datasets.dataset",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Quarantined",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("line", models.BigIntegerField()),
                ("column", models.CharField(blank=True, max_length=200)),
                ("code", models.CharField(max_length=40)),
                ("args", models.JSONField(default=dict)),
                ("text", models.TextField(blank=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="bad_rows",
                        to="datasets.import",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Version",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("fingerprint", models.CharField(max_length=64)),
                ("n_interactions", models.BigIntegerField()),
                ("n_users", models.BigIntegerField()),
                ("n_items", models.BigIntegerField()),
                ("profile", models.JSONField(default=dict)),
                ("folder", models.CharField(blank=True, max_length=100)),
                ("created", models.DateTimeField(auto_now_add=True)),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="datasets.dataset",
                    ),
                ),
                ("imports", models.ManyToManyField(related_name="versions", to="datasets.import")),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "version",
                "verbose_name_plural": "versions",
            },
        ),
        migrations.AddConstraint(
            model_name="import",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state__in", ["checking", "waiting", "loaded"])),
                fields=("dataset", "kind", "sha256"),
                name="same_file_once",
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["title"], name="item_title_trgm", opclasses=["gin_trgm_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="item",
            index=models.Index(
                fields=["dataset", "-n_events"], name="datasets_it_dataset_0b026a_idx"
            ),
        ),
        migrations.AddConstraint(
            model_name="item",
            constraint=models.UniqueConstraint(fields=("dataset", "outside_id"), name="item_once"),
        ),
        migrations.AddConstraint(
            model_name="member",
            constraint=models.UniqueConstraint(fields=("dataset", "user"), name="member_once"),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.UniqueConstraint(
                fields=("dataset", "outside_id"), name="person_once"
            ),
        ),
        migrations.AddIndex(
            model_name="quarantined",
            index=models.Index(fields=["batch", "line"], name="datasets_qu_batch_i_0487f8_idx"),
        ),
        migrations.AddConstraint(
            model_name="version",
            constraint=models.UniqueConstraint(fields=("dataset", "number"), name="version_once"),
        ),
    ]
