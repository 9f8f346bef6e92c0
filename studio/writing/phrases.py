"""The sentences of the grammar, as data.

Every one is true of whatever fills its places, and says nothing more about a picture: places are filled from
the recipe alone. `line` is what is going on ("reading a book in a library"), `spot` a place without its
preposition, `outfit`, `thing`, `who`, `when` and `topic` are what they say; capitals begin a sentence.
"""

from __future__ import annotations

# By tone: openers that fit whoever is in the picture.
OPENERS: dict[str, tuple[str, ...]] = {
    "casual": (
        "{Line}. That's the whole plan.",
        "{Line}. No notes.",
        "Currently: {line}.",
        "{Line}, and not in a hurry.",
        "Just {line}. You know how it is.",
        "{Line}. Would do it again.",
        "Somewhere between busy and {doing_line}.",
        "{Line}. Exactly as it sounds.",
        "{Spot}. That's it, that's the post.",
        "{Outfit} kind of mood.",
        "{Thing}? Yes. Always.",
        "{When}, {line_plain}.",
    ),
    "friendly": (
        "{Line}, and happy to share it with you!",
        "Hello from {spot}!",
        "A little hello, {line}!",
        "{Line}. Wish you were here!",
        "Saying hi while {doing_line}!",
        "{Line}. Hope your day has something like this in it!",
        "Sending good thoughts from {spot}!",
        "{Outfit} on, good mood on. Hi everyone!",
        "Look who brought {thing}!",
        "{Line}. Small joys count!",
    ),
    "professional": (
        "{Line}. The setting matters as much as the work.",
        "{Line}: a study in small decisions.",
        "A closer look: {list}.",
        "{Line}. Every detail here was chosen on purpose.",
        "From {spot}, with attention to detail.",
        "{Outfit}, considered down to the last detail.",
        "{Line}. Good work starts with showing up.",
        "New in the portfolio: {list}.",
    ),
    "humorous": (
        "{Line}, acting like this was effortless.",
        "{Line}. My to-do list has been informed.",
        "Officially {line}. Unofficially, still looking for the snacks.",
        "{Line}. I was told there would be cake.",
        "Plot twist: {line}.",
        "{Line}. Yes, this counts as cardio.",
        "{Line}. Ten out of ten, would procrastinate like this again.",
        "{Spot} called. I answered.",
        "{Outfit}: because laundry day has rules.",
        "{Thing} first, questions later.",
    ),
    "poetic": (
        "{Line}, and the hour forgets to hurry.",
        "{Line}. Some moments ask for nothing.",
        "{Line}, where the day folds itself small.",
        "Only this: {line}.",
        "{Line}. I keep what the clock cannot.",
        "{Spot}, and a silence worth listening to.",
        "{Line}, as if the world had taken a breath.",
        "{When}, and everything speaks softer.",
        "{Thing}, and a story that has not been told yet.",
    ),
    "short": ("{Line}.", "{Line}.", "{List}.", "{Spot}.", "{Outfit}.", "{When}.", "{Thing}."),
}

# For a picture of somebody who is only named.
WHO: dict[str, tuple[str, ...]] = {
    "casual": (
        "{Who} mode.",
        "Today's role: {who}.",
        "{A_who}, and that's about it.",
        "Say hi to the {who}.",
    ),
    "friendly": ("Meet the {who}!", "Say hello to the {who}!", "{A_who} walks into your feed. Hello!"),
    "professional": ("Character study: {who}.", "Introducing the {who}.", "The {who}, in full."),
    "humorous": (
        "{A_who}. Not a phase.",
        "My other profile picture is also {a_who}.",
        "{A_who} walks into a feed. You know the rest.",
    ),
    "poetic": (
        "{A_who}, between two chapters.",
        "They say {a_who} never travels alone.",
        "{A_who}, and a road that waits.",
    ),
    "short": ("{A_who}.", "The {who}."),
}

# For a picture without anybody in it.
SCENES: dict[str, tuple[str, ...]] = {
    "casual": (
        "{Scene}. That's it, that's the post.",
        "{Scene}. No filter for the mood.",
        "Just {scene}. You're welcome.",
    ),
    "friendly": ("{Scene}, shared with love!", "{Scene}. Thought you might like it!", "For you: {scene}!"),
    "professional": (
        "{Scene}. Composition first.",
        "{Scene}, from the current series.",
        "A closer look: {scene}.",
    ),
    "humorous": (
        "{Scene}. I only work here.",
        "{Scene}. It was like that when I found it.",
        "Plot twist: {scene}.",
    ),
    "poetic": (
        "{Scene}, and the hour forgets to hurry.",
        "Only this: {scene}.",
        "{Scene}. Some things ask for nothing.",
    ),
    "short": ("{Scene}.",),
}

# For a picture of which nothing is known.
BLANK: dict[str, tuple[str, ...]] = {
    "casual": (
        "One for the feed.",
        "New post, same old me.",
        "Leaving this here.",
        "No caption needed. Wrote one anyway.",
    ),
    "friendly": (
        "Something new for you!",
        "Hi everyone, this one is for you!",
        "Sharing this one with a smile!",
    ),
    "professional": (
        "New work.",
        "The latest addition to the series.",
        "Another piece, finished and signed off.",
    ),
    "humorous": (
        "I spent longer on this caption than on the picture.",
        "Insert clever caption here.",
        "My publicist told me to post something.",
    ),
    "poetic": ("Some things are better seen than said.", "A moment, kept.", "What words leave out."),
    "short": ("New.", "Here.", "This one."),
}

# For a post about a subject.
TOPICS: dict[str, tuple[str, ...]] = {
    "casual": (
        "{Topic}: let's talk about it.",
        "Okay, {topic}. I have thoughts.",
        "{Topic}, the honest version.",
        "Today's topic: {topic}.",
        "{Topic}. It's not perfect, but it's mine.",
    ),
    "friendly": (
        "{Topic}! I'd love to hear how you see it.",
        "Let's talk! Today: {topic}.",
        "{Topic}: my favourite subject this week!",
        "On my mind today: {topic}!",
    ),
    "professional": (
        "{Topic}: what has worked for me.",
        "Notes on a subject I care about: {topic}.",
        "{Topic}, and what it takes to do it well.",
        "{Topic}: start small, stay consistent.",
    ),
    "humorous": (
        "{Topic}: a tragedy in three acts.",
        "{Topic}. What could possibly go wrong?",
        "Subject: {topic}. Everything I know fits in this caption, with room to spare.",
        "{Topic}: expectations were involved.",
    ),
    "poetic": (
        "{Topic}, and the quiet in between.",
        "{Topic}: small things, repeated until they shine.",
        "{Topic}. What I love about it has no name yet.",
    ),
    "short": ("{Topic}.", "Today: {topic}.", "{Topic}, always."),
}

# What a character adds about themselves; nothing of it is about the picture.
ASIDES: dict[str, tuple[str, ...]] = {
    "casual": (
        "If you know me, you know it always comes back to {interest}.",
        "Back to {interest} right after this.",
        "My head is still half in {interest}.",
    ),
    "friendly": (
        "Next time I'll tell you more about {interest}!",
        "And yes, {interest} is still my favourite thing to talk about!",
        "Who else is into {interest}?",
    ),
    "professional": (
        "More on {interest} soon.",
        "As always, {interest} shapes how I see things.",
        "If {interest} is your field too, let's talk.",
    ),
    "humorous": (
        "I could stop talking about {interest}. I won't, but I could.",
        "My therapist says hi. We mostly discuss {interest}.",
        "Powered by {interest} and questionable decisions.",
    ),
    "poetic": (
        "Somewhere in it, as ever, a little {interest}.",
        "What {interest} taught me: look twice.",
        "The rest is {interest}.",
    ),
    "short": (),
}

# Questions at the end; the first group asks about what the picture shows.
ASKS: dict[str, tuple[str, ...]] = {
    "casual": ("Thoughts?", "What are you up to?", "Tell me about your day."),
    "friendly": ("How is your day going?", "What made you smile today?", "Tell me in the comments!"),
    "professional": ("What would you add?", "How do you approach it?", "I'd value your view."),
    "humorous": ("Wrong answers only.", "Be honest. But not too honest.", "Caption it better, I dare you."),
    "poetic": ("What do you keep?", "Where does your day go quiet?", "What would you have written here?"),
    "short": (),
}
ASKS_PLACE: dict[str, tuple[str, ...]] = {
    "casual": ("Where's your spot?", "Where would you rather be?"),
    "friendly": ("Where is your favourite place like this?", "Who would you bring along?"),
    "professional": ("Where do you do your best thinking?", "Which places shape your work?"),
    "humorous": ("Rate the spot, not me.", "Where do you hide when the emails come?"),
    "poetic": ("Which place knows you best?", "Where would you stay a little longer?"),
    "short": (),
}
ASKS_OUTFIT: dict[str, tuple[str, ...]] = {
    "casual": ("Would you wear it?", "Yes or no?"),
    "friendly": ("Would you wear it too?", "What's your favourite thing to wear?"),
    "professional": ("How would you style it?",),
    "humorous": ("Fashion police, form an orderly queue.",),
    "poetic": ("What do you wear when nobody looks?",),
    "short": (),
}

COMMENTS: dict[str, tuple[str, ...]] = {
    "casual": ("Love this.", "Okay, this is good.", "Needed this today.", "Big fan of this."),
    "friendly": (
        "This made my day, thank you!",
        "So lovely, thanks for sharing!",
        "What a treat to see this!",
    ),
    "professional": (
        "Well done, thank you for sharing this.",
        "Thoughtful work.",
        "A clear point, well made.",
    ),
    "humorous": (
        "I came for one second and stayed for the plot.",
        "Rude of you to be this good.",
        "My thumb stopped by itself.",
    ),
    "poetic": ("This stays with me.", "Quiet and exactly right.", "You caught something there."),
    "short": ("Love it.", "Yes.", "This."),
}
GREETINGS: dict[str, tuple[str, ...]] = {
    "casual": ("Hey!", "Hey you."),
    "friendly": ("Hi there!", "Hello, lovely to hear from you!"),
    "professional": ("Hello,", "Good day,"),
    "humorous": ("Greetings, earthling.", "Knock knock. It's a message."),
    "poetic": ("A few lines for you.", "Dear you,"),
    "short": ("Hi.",),
}
THANKS: dict[str, tuple[str, ...]] = {
    "casual": ("Thanks for being here.", "Talk soon."),
    "friendly": ("Thank you for being here, it means a lot!", "Can't wait to hear back from you!"),
    "professional": ("Thank you for your time.", "I look forward to your reply."),
    "humorous": (
        "This message will not self-destruct. Sorry.",
        "Reply within seven days or your plants get a caption too.",
    ),
    "poetic": ("Until the next quiet minute.", "Write when the evening allows."),
    "short": ("Thanks.",),
}
EMOJI_OF_TONE = {
    "casual": "🙂",
    "friendly": "✨",
    "humorous": "😄",
    "professional": "",
    "poetic": "",
    "short": "",
}
