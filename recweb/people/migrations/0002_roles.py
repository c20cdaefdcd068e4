from django.db import migrations

ROLES = ("Admin", "Analyst", "Annotator")

# append-only (ABU-12): a row of the audit is never changed or removed, whoever asks
GUARD = """
CREATE FUNCTION people_audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only';
END $$;
CREATE TRIGGER people_audit_stays BEFORE UPDATE OR DELETE ON people_audit
FOR EACH ROW EXECUTE FUNCTION people_audit_stays();
"""
UNGUARD = """
DROP TRIGGER people_audit_stays ON people_audit;
DROP FUNCTION people_audit_stays();
"""


def make(apps, schema_editor):
    for name in ROLES:
        apps.get_model("auth", "Group").objects.get_or_create(name=name)


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [
        migrations.RunPython(make, migrations.RunPython.noop),
        migrations.RunSQL(GUARD, UNGUARD),
    ]
