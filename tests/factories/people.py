"""People of the tests, by the group they belong to."""

import factory
from django.contrib.auth.models import Group

from halcytone.access import groups
from halcytone.access.models import User


class PersonFactory(factory.django.DjangoModelFactory):
    """`PersonFactory(group="editor")` is a person with the rights of that group."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda number: f"person-{number}")
    email = factory.LazyAttribute(lambda person: f"{person.username}@halcytone.example")
    password = factory.django.Password("a good password for tests")

    @factory.post_generation
    def group(self, create, name):
        if name:
            if not Group.objects.filter(name=name).exists():
                groups.sync()
            self.groups.add(Group.objects.get(name=name))
