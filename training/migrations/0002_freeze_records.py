"""Hold frozen fields and forbid deletion in the database itself."""

from django.db import migrations

from lims.records.triggers import freeze, keep


class Migration(migrations.Migration):
    dependencies = [("training", "0001_initial")]

    operations = [
        keep("training_course"),
        freeze("training_course", ["centre_id"]),
        keep("training_enrolment"),
        freeze("training_enrolment", ["course_id", "person_id", "enrolled_at"]),
    ]
