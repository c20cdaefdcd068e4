"""What drills write to the database, so that a test can count who wrote and how often."""

from django.db import models


class Epoch(models.Model):
    job_id = models.BigIntegerField()
    attempt = models.IntegerField()
    number = models.IntegerField()


class Result(models.Model):
    job_id = models.BigIntegerField()
    attempt = models.IntegerField()
    digest = models.CharField(max_length=64)


class Ended(models.Model):
    """A row for each call of on_end."""

    job_id = models.BigIntegerField()
    state = models.CharField(max_length=12)
