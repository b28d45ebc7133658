"""What days gone by came to, so that nobody waits while a year of rows is counted. No truth is kept here."""

from django.db import models


class Tally(models.Model):
    """What `agents.tallies` counted of one day, at `counted_at`."""

    name = models.CharField(max_length=40)
    day = models.DateField()
    counts = models.JSONField()  # {"completed": [12, 95988]}: how many rows, and the sum of their amounts
    counted_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "tallies"
        constraints = [models.UniqueConstraint(fields=["name", "day"], name="one_tally_of_a_day")]

    def __str__(self) -> str:
        return f"{self.name} of {self.day}"
