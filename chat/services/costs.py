"""What the answers of each model have cost here, so that the next one's cost can be guessed."""

from decimal import Decimal

from django.db import connection

from chat.models import LanguageModel
from chat.models.language_model import ENOUGH_ANSWERS

LATEST_ANSWERS = 500

# A straight line through cost over tokens read: where it begins is what an answer costs, its slope what reading does.
MEASURE = """
    SELECT model.id, measured.* FROM chat_languagemodel model CROSS JOIN LATERAL (
        SELECT count(*), avg(cost), avg(input_tokens),
            regr_slope(cost, input_tokens), regr_intercept(cost, input_tokens)
        FROM (
            SELECT cost, input_tokens FROM chat_reply
            WHERE model_id = model.id AND state = 'completed' AND cost IS NOT NULL AND input_tokens IS NOT NULL
            ORDER BY created_at DESC LIMIT %(latest)s
        ) latest
    ) measured
    WHERE measured.count > 0
"""


def measure_costs() -> None:
    """Note with each model what its latest answers have cost, whoever asked. One query, and one for each of them."""
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, {"latest": LATEST_ANSWERS})
        rows = cursor.fetchall()
    for model_id, answers, average, tokens, slope, intercept in rows:
        answer_cost, reading_cost = line(answers, average, tokens, slope, intercept)
        LanguageModel.objects.filter(pk=model_id).update(
            answer_cost=answer_cost, reading_cost=reading_cost, measured_answers=answers
        )


def line(
    answers: int, average: Decimal, tokens: Decimal, slope: float | None, intercept: float | None
) -> tuple[Decimal, Decimal]:
    """What an answer costs, and each token that it reads, neither below 0. Always right at the average."""
    if answers < ENOUGH_ANSWERS or slope is None or intercept is None or slope <= 0:
        return average, Decimal(0)
    if intercept < 0:
        return Decimal(0), average / tokens
    return Decimal(str(intercept)), Decimal(str(slope))
