"""The log itself: users, items, events and what is known of items, all by codes of a dataset."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Person(models.Model):
    """A user of the log. code: int from 0 per dataset; outside_id: text, byte for byte."""

    pk = models.CompositePrimaryKey("dataset_id", "code")
    dataset = models.ForeignKey(
        "datasets.Dataset", models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    code = models.IntegerField()
    outside_id = models.TextField(db_collation="C")
    n_events = models.IntegerField(default=0)
    attributes = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dataset", "outside_id"], name="person_once")
        ]


class Item(models.Model):
    """An item of the log or the catalogue. Text fields are as the file gave them."""

    pk = models.CompositePrimaryKey("dataset_id", "code")
    dataset = models.ForeignKey(
        "datasets.Dataset", models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    code = models.IntegerField()
    outside_id = models.TextField(db_collation="C")
    title = models.TextField(default="", blank=True)
    topics = ArrayField(models.TextField(), default=list)
    year = models.IntegerField(null=True)
    text = models.TextField(default="", blank=True)  # description
    attributes = models.JSONField(default=dict)
    in_catalogue = models.BooleanField(default=False)
    n_events = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset", "outside_id"], name="item_once")]
        indexes = [
            GinIndex(fields=["title"], name="item_title_trgm", opclasses=["gin_trgm_ops"]),
            models.Index(fields=["dataset", "-n_events"]),
        ]

    @property
    def name(self) -> str:
        return self.title or self.outside_id


class Triple(models.Model):
    """What a knowledge graph says of an item: item - relation - entity."""

    dataset = models.ForeignKey("datasets.Dataset", models.CASCADE, related_name="+")
    batch = models.ForeignKey("datasets.Import", models.CASCADE, related_name="triples")
    item_code = models.IntegerField()
    relation = models.TextField()
    entity = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["dataset", "item_code"])]

    def __str__(self) -> str:
        return f"{self.relation}: {self.entity}"


class Interaction(models.Model):
    """The log: partitioned by dataset, then by import (a migration makes the table)."""

    pk = models.CompositePrimaryKey("dataset_id", "import_id", "line")
    dataset_id = models.BigIntegerField()
    import_id = models.BigIntegerField()
    line = models.BigIntegerField()  # file order: breaks ties in time
    user_code = models.IntegerField()
    item_code = models.IntegerField(null=True)  # null: a search
    event = models.SmallIntegerField()  # index into EventName
    value = models.FloatField(null=True)
    at = models.BigIntegerField(null=True)  # epoch seconds, UTC; null: the file has no time
    session = models.TextField(null=True)
    context = models.JSONField(null=True)

    class Meta:
        managed = False
        db_table = "datasets_interaction"


class EventName(models.Model):
    """Event names of a dataset, numbered from 0."""

    pk = models.CompositePrimaryKey("dataset_id", "code")
    dataset_id = models.BigIntegerField()
    code = models.SmallIntegerField()
    name = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["dataset_id", "name"], name="event_once")]
