import pytest
from django.test import Client

from accounts.models import AuditEntry, Group, User
from tests.factories import PASSWORD
from tests.signing_in import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(client: Client) -> User:
    person = User.objects.create_superuser("root@example.com", PASSWORD, name="Root")
    sign_in(client, person)
    return person


def noted() -> list[tuple[str, int | None, dict]]:
    entries = AuditEntry.objects.filter(action__startswith="group.").order_by("number")
    return [(entry.action, entry.subject_id, entry.after) for entry in entries]


def test_group_is_made_and_each_member_noted(client, administrator, alice, bob):
    answer = client.post("/admin/accounts/group/add/", {"name": "Design", "members": [alice.pk, bob.pk]})
    assert answer.status_code == 302
    assert set(Group.objects.get(name="Design").members.all()) == {alice, bob}
    assert noted() == [
        ("group.added", None, {"name": "Design"}),
        ("group.changed", alice.pk, {"member": True}),
        ("group.changed", bob.pk, {"member": True}),
    ]


def test_who_leaves_a_group_is_noted(client, administrator, alice, bob):
    group = Group.objects.create(name="Design")
    group.members.set([alice, bob])
    client.post(f"/admin/accounts/group/{group.pk}/change/", {"name": "Design", "members": [bob.pk]})
    assert set(group.members.all()) == {bob}
    assert ("group.changed", alice.pk, {"member": False}) in noted()


def test_a_name_is_taken_whatever_its_case(client, administrator):
    Group.objects.create(name="Design")
    answer = client.post("/admin/accounts/group/add/", {"name": "design"})
    assert answer.status_code == 200
    assert "There is a group of this name already." in answer.content.decode()
    assert Group.objects.count() == 1


def test_list_counts_members_in_one_query(client, administrator, alice, django_assert_max_num_queries):
    for number in range(20):
        Group.objects.create(name=f"Group {number}").members.add(alice)
    with django_assert_max_num_queries(8):
        assert client.get("/admin/accounts/group/").status_code == 200
