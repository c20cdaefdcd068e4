import pytest

from training.endpoint.grading import Grades, read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"grades": {"1": 3, "2": 0}}', Grades({0: 3, 1: 0})),
        ('{"2": 1}', Grades({1: 1})),
        ('```json\n{"grades": {"3": 2}}\n```', Grades({2: 2})),
        ('{"grades": {"9": 1, "0": 1, "x": 1, "1": 4, "2": true, "3": "2"}}',
         Grades({}, dropped=6, unread=True)),
        ("[1, 2]", Grades({}, unread=True)),
        ("nothing", Grades({}, unread=True)),
        ('{"grades": [1]}', Grades({}, unread=True)),
    ],
)  # fmt: skip
def test_only_grades_of_what_was_offered_count(text: str, expected: Grades) -> None:
    assert read(text, 3) == expected
