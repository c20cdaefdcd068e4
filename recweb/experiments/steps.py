"""training/ names its steps in English; a job keeps these, and Job.doing translates them."""

from django.utils.translation import gettext_noop as _

STEPS = (
    _("read the log"),
    _("texts"),
    _("fit"),
    _("baseline"),
    _("count"),
    _("decompose"),
    _("draw"),
    _("gram"),
    _("invert"),
    _("weights"),
    _("weight"),
    _("iteration"),
    _("epoch"),
    _("similarities"),
    _("walks"),
    _("transitions"),
    _("questions"),
    _("rank"),
    _("validation"),
    _("test"),
    _("done"),
)
