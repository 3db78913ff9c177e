"""What people answer when they want to be left alone, and what they answer when they do not."""

import pytest

from accounts.privacy.opt_out_words import asks_to_be_left_alone

ASKS = """
STOP
stop.
Stop!!
please stop
STOPALL
Unsubscribe
UNSUBSCRIBE please
cancel
Quit
END
opt out
Please take me off your list
take my number off ur list, thanks
Do not call me again
don't text this number
DONT CALL ME
Never contact us
Stop calling me!
leave me alone
Lose my number
remove me
Please remove my number from your database.
Delete my information
no more calls please
I want to opt out
put me on your do not call list
ALTO
Baja
PARAR por favor
No más
no me llamen más
No me llame
quíteme de su lista
Deje de llamar
dejen de escribir
déjenme en paz
Quiero darme de baja
Por favor borren mi número
ya no me llamen
I can't stop you writing, so: do not contact me
Please don't call. I did ask you to stop
STOP 🛑
If you don't stop calling I will report you
You never stop calling me!
"""
DOES_NOT = """
Yes, call me tomorrow
What is your offer?
Sí, llámeme mañana
There is a bus stop in front of the house
The end unit is the nicest one
We may cancel the showing on Monday
Does it stop raining there?
Call me at noon
¿Cuánto pagan?
I removed the old fence last year
No, the roof is new
Please do call
Please don't stop
don't stop texting me
Never stop calling me
I don't want to opt out
Please do not unsubscribe me
no dejen de llamar
no me den de alta
Alto is the name of our street in Alto, NM
"""


@pytest.mark.parametrize("answer", ASKS.strip().splitlines())
def test_whoever_asks_is_heard(answer):
    assert asks_to_be_left_alone(answer)


@pytest.mark.parametrize("answer", DOES_NOT.strip().splitlines())
def test_whoever_does_not_is_not_shut_out(answer):
    assert not asks_to_be_left_alone(answer)
