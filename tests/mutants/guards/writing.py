"""Guards of the ledger and of the order in which things are written and done."""

from __future__ import annotations

from tests.mutants.guard import Guard, functional

_LEDGER, _SERVICE = "aws/ledger.py", "service.py"

WRITING = (
    Guard(
        name="version-condition",
        keeps=18,
        file=_LEDGER,
        old='ConditionExpression="attribute_not_exists(version)",',
        new="",
        tests=functional("ledger", "service_faults"),
    ),
    Guard(
        name="consistent-read",
        keeps=18,
        file=_LEDGER,
        old="ConsistentRead=True",
        new="ConsistentRead=False",
        tests=functional("ledger"),
    ),
    Guard(
        name="newest-first",
        keeps=18,
        file=_LEDGER,
        old="ScanIndexForward=False",
        new="ScanIndexForward=True",
        tests=functional("ledger"),
    ),
    Guard(
        name="lost-race-is-told-apart",
        keeps="a lost race means: look again",
        file=_LEDGER,
        old='!= "ConditionalCheckFailedException"',
        new='!= "Never"',
        tests=functional("ledger", "service_faults"),
    ),
    Guard(
        name="chain-of-hashes",
        keeps=15,
        file=_LEDGER,
        old="previous=after.hash if after else GENESIS,",
        new="previous=GENESIS,",
        tests=functional("ledger"),
    ),
    Guard(
        name="hash-of-the-entry-before",
        keeps=15,
        file=_LEDGER,
        old='hashlib.sha256(f"{previous}{text}".encode())',
        new="hashlib.sha256(text.encode())",
        tests=functional("ledger"),
    ),
    Guard(
        name="pages-of-the-ledger",
        keeps=15,
        file=_LEDGER,
        old='if "LastEvaluatedKey" not in answer:',
        new="if answer:",
        tests=functional("ledger"),
    ),
    Guard(
        name="newer-form-is-refused",
        keeps="old and new code side by side",
        file=_LEDGER,
        old="if form > self._form:",
        new="if False:",
        tests=functional("ledger", "service_before_and_after"),
    ),
    Guard(
        name="record-before-acting",
        keeps=8,
        file=_SERVICE,
        old="""            if _changes(state, decision, trigger):
                entry = self._record(entry, event, decision, now)
""",
        new="""            if decision.act:
                self._act(decision)
            if _changes(state, decision, trigger):
                entry = self._record(entry, event, decision, now)
""",
        tests=functional("service_faults"),
    ),
    Guard(
        name="every-command-is-recorded",
        keeps=10,
        file=_SERVICE,
        old="""    if trigger.kind == "command" or decision.kind is not DecisionKind.HOLD:
        return True
    return""",
        new="    return decision.kind is not DecisionKind.HOLD or",
        tests=functional("service_answers", "service_orders", "service_faults"),
    ),
    Guard(
        name="what-changes-is-recorded",
        keeps=15,
        file=_SERVICE,
        old="return decision.state != state",
        new="return False",
        tests=functional("service", "service_faults"),
    ),
    Guard(
        name="look-again-after-a-lost-race",
        keeps="a lost race means: look again",
        file=_SERVICE,
        old="        except StaleRollout:  #",
        new="        except ZeroDivisionError:  #",
        tests=functional("service_faults"),
    ),
    Guard(
        name="look-again-after-acting",
        keeps=8,
        file=_SERVICE,
        old="if not decision.act and not answer.told and decision.phase == decision.phase_before:",
        new="if not answer.told and decision.phase == decision.phase_before:",
        tests=functional("service_answers", "service", "service_faults"),
    ),
    Guard(
        name="time-of-the-look-is-the-ledgers",
        keeps="an old message is not an old time",
        file=_SERVICE,
        old="now = max(sent, read_at or sent)",
        new="now = sent",
        tests=functional("handler"),
    ),
    Guard(
        name="page-after-acting",
        keeps="calling people does not delay a rollback",
        file=_SERVICE,
        old="""            answer = self._act(decision) if decision.act else _Answer()
""",
        new="""            if decision.page:
                self._aside("PageLost", partial(self.pager.tell, self.name, decision))
            answer = self._act(decision) if decision.act else _Answer()
""",
        tests=functional("service_before_and_after", "service"),
    ),
    Guard(
        name="lost-page-stops-nothing",
        keeps="a topic that can't be reached stops nothing",
        file=_SERVICE,
        old='page_lost = bool(self._aside("PageLost", tell))',
        new="page_lost = bool(tell())",
        tests=functional("service_answers", "service_before_and_after"),
    ),
    Guard(
        name="page-is-sent",
        keeps="people are told",
        file=_SERVICE,
        old="if decision.page and not page_lost:",
        new="if False:",
        tests=functional("service", "service_before_and_after"),
    ),
    Guard(
        name="no-sign-of-life-when-blind",
        keeps="the heartbeat stops when the endpoint can't be seen",
        file=_SERVICE,
        old="if seen.live is not None:  # no sign",
        new="if True:  # no sign",
        tests=functional("service_unreadable", "service_before_and_after"),
    ),
    Guard(
        name="suspended-before-acting",
        keeps=16,
        file=_SERVICE,
        old="if wanted(decision.state) != wanted(state):",
        new="if False:",
        tests=functional("scaling", "service_before_and_after"),
    ),
    Guard(
        name="no-traffic-while-scaling-may-act",
        keeps="nothing else locks the endpoint while the canary has traffic",
        file=_SERVICE,
        old="if warming and (lost := self._scale(state)):",
        new="if warming and (lost := self._scale(state)) and not lost:",
        tests=functional("service_answers", "scaling", "service_unreadable"),
    ),
    Guard(
        name="autoscaling-asked-again",
        keeps=16,
        file=_SERVICE,
        old="if self.scaling.asked_for:",
        new="if False:",
        tests=functional("service_before_and_after"),
    ),
    Guard(
        name="refusal-for-good-is-seen",
        keeps="a refusal is told apart from a wait",
        file=_SERVICE,
        old="return _Answer(refused=str(refusal))",
        new="return _Answer()",
        tests=functional(
            "service_answers", "service_faults", "service_before_and_after", "service"
        ),
    ),
    Guard(
        name="lost-answer-is-not-a-refusal",
        keeps="what became of a call shows in Describe",
        file=_SERVICE,
        old="busy=not isinstance(busy, NoAnswer)",
        new="busy=True",
        tests=functional("service_answers", "service_before_and_after", "service_faults"),
    ),
)
