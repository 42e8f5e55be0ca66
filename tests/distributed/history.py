"""What clients saw of a feed, and whether a correct feed could have shown it: pure functions over a recorded history.

Times are those of one clock. What is compared is only what a client can know: an operation that ended before another
began came before it; those that overlap may have happened in either order.
"""

import bisect
from dataclasses import dataclass, field
from typing import List, Optional


@dataclass(frozen=True)
class Post:
    """A post, and its answer; without an id it was not answered, and may be stored or not."""

    begun: float
    ended: float
    id: Optional[str] = None
    position: Optional[int] = None
    where: str = ""


@dataclass(frozen=True)
class Page:
    """A list that was answered: newest first, at most `take`, ids strictly between `above` and `below`."""

    begun: float
    ended: float
    ids: List[str]
    position: int  # that the answer says it reflects
    take: int
    above: str = ""
    below: str = "~"  # higher than any id
    where: str = ""


@dataclass(frozen=True)
class Lookup:
    """GET of one meow by its id."""

    begun: float
    ended: float
    id: str
    is_found: bool
    where: str = ""


@dataclass
class History:
    posts: List[Post] = field(default_factory=list)
    pages: List[Page] = field(default_factory=list)
    lookups: List[Lookup] = field(default_factory=list)


class Answered:
    """The posts that were answered, ready for questions about a moment."""

    def __init__(self, posts):
        self.by_id = sorted((post for post in posts if post.id is not None), key=lambda post: post.id)
        self.ids = [post.id for post in self.by_id]
        self.post_of = {post.id: post for post in self.by_id}
        by_end = sorted(self.by_id, key=lambda post: post.ended)
        self.ends = [post.ended for post in by_end]
        self.highest = []  # position of all that had ended so far
        for post in by_end:
            self.highest.append(max(post.position, self.highest[-1] if self.highest else 0))

    def position_before(self, moment):
        """The highest position that a client knew before this moment."""
        count = bisect.bisect_left(self.ends, moment)
        return self.highest[count - 1] if count > 0 else 0

    def between(self, above, below):
        return self.by_id[bisect.bisect_right(self.ids, above):bisect.bisect_left(self.ids, below)]


def post_violations(posts, stored):
    """`stored`: the ids of the feed in the end, in the order of their positions from 1 on, each once."""
    answered = [post for post in posts if post.id is not None]
    found = []
    positions = {}
    for post in answered:
        if post.position in positions:
            found.append(f"position {post.position} was given to {positions[post.position]} and to {post.id}")
        positions[post.position] = post.id
        if not 1 <= post.position <= len(stored):
            found.append(f"{post.id} was answered with position {post.position}, the feed has {len(stored)}")
        elif stored[post.position - 1] != post.id:
            found.append(f"{post.id} was answered with position {post.position}, where the feed has "
                         f"{stored[post.position - 1]}")
    if len(set(stored)) != len(stored):
        found.append("the feed has an id twice")
    for position, (id, above) in enumerate(zip(stored, stored[1:]), 1):
        if above < id:
            found.append(f"{above} at position {position + 1} is below {id} at position {position}")
    unanswered = len(posts) - len(answered)
    if len(stored) > len(answered) + unanswered:
        found.append(f"the feed has {len(stored)} meows of {len(posts)} posts")
    before = Answered(posts)
    for post in answered:
        known = before.position_before(post.begun)
        if post.position <= known:
            found.append(f"{post.id} has position {post.position}, though {known} was answered before it was posted")
    return found


def page_violations(page, answered, stored):
    found = []
    name = f"the page of {page.where} at {page.begun:.6f}"
    if any(newer <= older for newer, older in zip(page.ids, page.ids[1:])):
        found.append(f"{name} is not newest first, or has a meow twice")
    if len(page.ids) > page.take:
        found.append(f"{name} has {len(page.ids)} meows of {page.take}")
    for id in page.ids:
        if id not in stored:
            found.append(f"{name} has {id}, which nobody posted")
        if not page.above < id < page.below:
            found.append(f"{name} has {id}, which is out of its bounds")
    known = answered.position_before(page.begun)
    if page.position < known:
        found.append(f"{name} reflects position {page.position}, though {known} was answered before")
    is_full = len(page.ids) >= page.take
    above = page.ids[-1] if is_full and page.ids else page.above
    shown = set(page.ids)
    for post in answered.between(above, page.below):
        if post.ended < page.begun and post.id not in shown:
            found.append(f"{name} misses {post.id}, whose post on {post.where} was answered "
                         f"{page.begun - post.ended:.6f} s before")
    return found


def place_violations(page, answered):
    """Above an answered meow may stand only what was answered after it was sent."""
    found = []
    first = None  # of the posts above, the one that was answered first
    for id in page.ids:
        post = answered.post_of.get(id)
        if post is None:
            continue
        if first is not None and first.ended < post.begun:
            found.append(f"the page of {page.where} at {page.begun:.6f} has {first.id} above {id}, though it was answered "
                         f"{post.begun - first.ended:.6f} s before that was sent")
        if first is None or post.ended < first.ended:
            first = post
    return found


def poll_violations(ids, stored):
    """`ids`: what somebody saw who always asked for what is newer than the newest seen. It must be all, once, in order."""
    if ids == stored:
        return []
    missed, seen = set(stored) - set(ids), set(ids)
    return ([f"the poller missed {id}" for id in sorted(missed)] + [f"the poller saw {id}, which nobody posted"
                                                                   for id in sorted(seen - set(stored))]
            or ["the poller saw a meow twice, or in another order than that of the positions"])


def lookup_violations(lookup, answered, stored):
    post = answered.post_of.get(lookup.id)
    if post is not None and post.ended < lookup.begun and not lookup.is_found:
        return [f"{lookup.where} does not know {lookup.id}, whose post on {post.where} was answered "
                f"{lookup.begun - post.ended:.6f} s before"]
    if lookup.is_found and lookup.id not in stored:
        return [f"{lookup.where} knows {lookup.id}, which nobody posted"]
    return []


def violations(history, stored):
    """All that a correct feed could not have shown; `stored` as in post_violations()."""
    found = post_violations(history.posts, stored)
    answered = Answered(history.posts)
    known = set(stored)
    for page in history.pages:
        found += page_violations(page, answered, known)
        found += place_violations(page, answered)
    for lookup in history.lookups:
        found += lookup_violations(lookup, answered, known)
    return found


def stream_violations(events, after, stored):
    """`events`: (position, id) as a subscriber got them who began after a position. All that follow must be there, once
    and in order."""
    found = []
    expected = after + 1
    for position, id in events:
        if position != expected:
            found.append(f"event {position} came where {expected} was due")
        if not 1 <= position <= len(stored) or stored[position - 1] != id:
            found.append(f"event {position} is of {id}")
        expected = position + 1
    if expected != len(stored) + 1:
        found.append(f"the events end before {expected}, the feed at {len(stored)}")
    return found
