from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q


class SearchEntry(models.Model):
    """What full-text search knows of one message, or of a conversation's title (`message` is None then).

    Triggers of the database keep these rows and foreign keys of the database remove them (migration 0026), so that
    no path of writing can forget one. They are a table of their own: adding a column to the messages would have
    locked and rewritten them, and every read of a message would carry its words.
    """

    # The conversation's own, which never changes; it is here for the index, and goes with the conversation.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    conversation = models.ForeignKey("Conversation", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    message = models.OneToOneField(
        "Message", on_delete=models.DO_NOTHING, db_constraint=False, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    vector = SearchVectorField()

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="search_newest_of_owner"),
            models.Index(fields=["owner", "-created_at"], condition=Q(message=None), name="search_newest_titles"),
            # What is new waits in a list, which the worker empties each minute: sending must not wait for the index.
            GinIndex(fields=["owner", "vector"], name="search_words_of_owner"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["conversation"], condition=Q(message=None), name="search_one_title"),
        ]

    def __str__(self) -> str:
        return f"search entry {self.pk}"


class SearchWord(models.Model):
    """A word that occurs in some message, for finding what a mistyped one may have meant. It says not where."""

    word = models.CharField(max_length=30)
    # The entry in which it was first seen: how far chat/services/search_words.py has come.
    first_entry = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["first_entry"], name="search_word_first_entry"),
            GinIndex(OpClass("word", "gin_trgm_ops"), name="search_word_alike"),
        ]
        constraints = [models.UniqueConstraint(fields=["word"], name="search_word_once")]

    def __str__(self) -> str:
        return self.word
