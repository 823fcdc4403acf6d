"""The season: a dozen real silent films with true facts, in the words of a house that loves them.

Durations are those of the restorations shown today. Silent films have no audio language; `titles` is
the language of their intertitles as shown here.
"""

from dataclasses import dataclass

USA = "Public domain in the USA (published before 1930); elsewhere it varies by country"


@dataclass(frozen=True)
class Film:
    """One film. `key` names its poster and its page."""

    key: str
    slug: str
    title: str
    director: str
    cast: str
    year: int
    minutes: int
    country: str
    genre: str
    certificate: str
    tagline: str
    synopsis: str
    titles: str = "English titles"
    original_title: str = ""
    short_title: str = ""
    rights: str = USA
    live: str = ""  # music that only a showing marked as live has

    @property
    def language(self) -> str:
        """What the film page says under "Language"."""
        return f"Silent, {self.titles}"


FILMS = (
    Film(
        key="sherlock",
        slug="sherlock-jr",
        title="Sherlock Jr.",
        director="Buster Keaton",
        cast="Buster Keaton, Kathryn McGuire, Joe Keaton, Ward Crane",
        year=1924,
        minutes=45,
        country="USA",
        genre="Comedy",
        certificate="U",
        tagline="A projectionist falls asleep at work and walks straight into the film he is showing.",
        synopsis=(
            "A projectionist who would rather be a detective falls asleep at work, climbs through the"
            " screen and finds that films do not hold still. Buster Keaton did his falls himself and"
            " broke his neck in one of them; an X-ray told him eleven years later."
        ),
        live="Live piano",
    ),
    Film(
        key="dice",
        slug="a-throw-of-dice",
        title="A Throw of Dice",
        original_title="Prapancha Pash",
        director="Franz Osten",
        cast="Seeta Devi, Himansu Rai, Charu Roy, Modhu Bose",
        year=1929,
        minutes=74,
        country="India, Germany, UK",
        genre="Romance",
        certificate="U",
        tagline="Two kings, one bride, and a game that was never fair.",
        synopsis=(
            "Two royal cousins gamble for a kingdom and for Sunita, who would rather choose for"
            " herself. Shot in Rajasthan after an episode of the Mahabharata, with ten thousand"
            " extras, a thousand horses and fifty elephants. No sound, all splendour."
        ),
        live="Live sitar and tabla",
    ),
    Film(
        key="achmed",
        slug="the-adventures-of-prince-achmed",
        title="The Adventures of Prince Achmed",
        original_title="Die Abenteuer des Prinzen Achmed",
        short_title="Prince Achmed",
        director="Lotte Reiniger",
        cast="Silhouettes by Lotte Reiniger; with Carl Koch, Walter Ruttmann, Berthold Bartosch",
        year=1926,
        minutes=66,
        country="Germany",
        genre="Animation",
        certificate="U",
        tagline="The oldest animated feature still with us, cut by hand from black card.",
        synopsis=(
            "A prince mounts a flying horse without asking how it lands. Lotte Reiniger cut every"
            " figure with scissors and moved it frame by frame for three years, a decade before"
            " the first animated feature from Hollywood."
        ),
        rights=f"{USA}. Protected in the EU until the end of 2051",
    ),
    Film(
        key="metropolis",
        slug="metropolis",
        title="Metropolis",
        director="Fritz Lang",
        cast="Brigitte Helm, Alfred Abel, Gustav Fröhlich, Rudolf Klein-Rogge",
        year=1927,
        minutes=148,
        country="Germany",
        genre="Science fiction",
        certificate="UA 13+",
        tagline="The city above dances, the city below works. Then somebody builds a robot.",
        synopsis=(
            "The son of the city's master follows a girl down to the machines and sees who pays for"
            " the garden above. For eighty years a quarter of the film was lost, until a worn copy"
            " turned up in Buenos Aires; this is the long version put together in 2010."
        ),
        rights=f"{USA}. Protected in the EU until the end of 2046",
    ),
    Film(
        key="nosferatu",
        slug="nosferatu",
        title="Nosferatu",
        original_title="Nosferatu: Eine Symphonie des Grauens",
        director="F. W. Murnau",
        cast="Max Schreck, Gustav von Wangenheim, Greta Schröder, Alexander Granach",
        year=1922,
        minutes=94,
        country="Germany",
        genre="Horror",
        certificate="UA 16+",
        tagline="An estate agent visits a client in the mountains. The client would like to move to town.",
        synopsis=(
            "Count Orlok buys a house, and the plague travels with his luggage. The makers had not"
            " asked Bram Stoker's widow, and a court ordered every copy destroyed. A few were not."
        ),
        live="Live organ",
    ),
    Film(
        key="sunrise",
        slug="sunrise",
        title="Sunrise",
        original_title="Sunrise: A Song of Two Humans",
        director="F. W. Murnau",
        cast="George O'Brien, Janet Gaynor, Margaret Livingston",
        year=1927,
        minutes=94,
        country="USA",
        genre="Drama",
        certificate="UA 7+",
        tagline="A marriage breaks, a tram ride mends it, a storm comes up on the way home.",
        synopsis=(
            "A farmer plans to drown his wife, cannot, and follows her into the city to be forgiven."
            " Murnau let the camera glide where nobody had thought it could go. It took three prizes"
            " at the first Academy Awards."
        ),
    ),
    Film(
        key="general",
        slug="the-general",
        title="The General",
        director="Clyde Bruckman, Buster Keaton",
        cast="Buster Keaton, Marion Mack, Glen Cavender, Jim Farley",
        year=1926,
        minutes=79,
        country="USA",
        genre="Comedy",
        certificate="U",
        tagline="He has two loves, and one of them is a locomotive. Both are stolen on the same day.",
        synopsis=(
            "An engine driver whom no army wants chases his stolen train through a war, and then has"
            " to bring it back. The bridge is real, the train that falls through it is real, and"
            " there was one try."
        ),
        live="Live piano",
    ),
    Film(
        key="safety",
        slug="safety-last",
        title="Safety Last!",
        director="Fred C. Newmeyer, Sam Taylor",
        cast="Harold Lloyd, Mildred Davis, Bill Strother, Noah Young",
        year=1923,
        minutes=73,
        country="USA",
        genre="Comedy",
        certificate="U",
        tagline="Twelve floors, one clock, no plan.",
        synopsis=(
            "A shop assistant promises his manager a crowd and his girl a career, so he has to climb"
            " the building himself. Harold Lloyd had lost a thumb and a finger four years earlier;"
            " look at his right glove."
        ),
    ),
    Film(
        key="caligari",
        slug="the-cabinet-of-dr-caligari",
        title="The Cabinet of Dr. Caligari",
        original_title="Das Cabinet des Dr. Caligari",
        short_title="Caligari",
        director="Robert Wiene",
        cast="Werner Krauss, Conrad Veidt, Friedrich Feher, Lil Dagover",
        year=1920,
        minutes=77,
        country="Germany",
        genre="Horror",
        certificate="UA 13+",
        tagline="A sleepwalker tells fortunes at the fair. He is seldom wrong, and seldom asleep.",
        synopsis=(
            "A showman comes to town with a man in a box, and people begin to die. Streets lean,"
            " shadows are painted on the walls, and the one who tells the story may not be the one"
            " to trust."
        ),
        live="Live organ",
    ),
    Film(
        key="moon",
        slug="a-trip-to-the-moon",
        title="A Trip to the Moon",
        original_title="Le Voyage dans la Lune",
        director="Georges Méliès",
        cast="Georges Méliès, Bleuette Bernon, Henri Delannoy, Victor André",
        year=1902,
        minutes=15,
        country="France",
        genre="Fantasy",
        certificate="U",
        titles="no titles",
        tagline="Six astronomers, one cannon, and a moon that did not ask for visitors.",
        synopsis=(
            "A professor has himself shot into the sky with his colleagues and umbrellas, and meets"
            " the people who live there. Shown in colour, as it was painted by hand, frame by frame;"
            " the only such copy was found in 1993 and took years to unglue."
        ),
    ),
    Film(
        key="shiraz",
        slug="shiraz",
        title="Shiraz",
        original_title="Shiraz: A Romance of India",
        director="Franz Osten",
        cast="Himansu Rai, Enakshi Rama Rau, Charu Roy, Seeta Devi",
        year=1928,
        minutes=105,
        country="India, Germany, UK",
        genre="Romance",
        certificate="U",
        tagline="She was sold to a prince. He followed her to Agra, and stayed to build.",
        synopsis=(
            "A potter's son grows up beside the girl who will become Mumtaz Mahal, loses her to the"
            " future emperor and waits a lifetime outside the walls. The story of the Taj Mahal as"
            " it did not happen, shot entirely in India."
        ),
        live="Live sitar and tabla",
    ),
    Film(
        key="camera",
        slug="man-with-a-movie-camera",
        title="Man with a Movie Camera",
        original_title="Chelovek s kino-apparatom",
        short_title="Movie Camera",
        director="Dziga Vertov",
        cast="Mikhail Kaufman behind and before the camera",
        year=1929,
        minutes=68,
        country="Soviet Union",
        genre="Documentary",
        certificate="UA 13+",
        titles="no titles",
        tagline="A city wakes, works and goes to the cinema. No actors, no story, no rest.",
        synopsis=(
            "One man carries a tripod through Odesa, Kyiv and Moscow; his wife and editor,"
            " Yelizaveta Svilova, appears at the cutting table and brings his pictures to life before"
            " our eyes. Hardly a trick of later films is missing."
        ),
    ),
)
BY_KEY = {film.key: film for film in FILMS}
