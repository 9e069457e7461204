namespace Cmud.Game.Play.Verbs;

/// <summary>The campus as a drawing. WorldTests see that it names every room.</summary>
internal static class CampusMap
{
    public const string Text = """
                Forbes Ave --- Surplus Store       Supercomputing Center
                    |                                       |
        Home --- The Cut --- The Fence   Newell-Simon --- Wean 5 --- Machine Room
                    |                         |             |
             University Center                |       Doherty Hall
                 |         \                  |
           Hunt Library   Purnell === Pausch Bridge === Gates Helix --- PhD Offices --- Faculty Lounge
                                              |     |                       |
                                    Rashid Auditorium  Dean's Office   Banquet Hall
                                     Gates, floors 1 to 9, up and down the Helix
        """;
}
