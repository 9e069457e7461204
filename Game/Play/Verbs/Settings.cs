namespace Cmud.Game.Play.Verbs;

/// <summary>How a player wants to see and be seen.</summary>
internal static class Settings
{
    private const string Group = "The game";

    /// <summary>What may be set, what it does, and to what.</summary>
    private static readonly (string Name, string Help, string[] Values)[] Known =
    [
        ("brief", "rooms without their description", ["on", "off"]),
        ("newbie", "hear the newbie channel", ["on", "off"]),
        ("ooc", "hear the ooc channel", ["on", "off"]),
        ("ticker", "hear who was promoted, and other news", ["on", "off"]),
        ("screenreader", "lists instead of tables, large amounts in words", ["on", "off"]),
    ];

    /// <summary>The longest prompt.</summary>
    public const int MaxPrompt = 40;

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("set", "set [NAME VALUE]", "settings", SetAsync) { Group = Group, Help = "Alone it shows what there is to set, and how it is set.", Completes = static _ => Known.Select(known => known.Name) },
        new("brief", "brief [on|off]", "rooms without their description", turn => SwitchAsync(turn, "brief")) { Group = Group },
        new("screenreader", "screenreader [on|off]", "lists instead of tables, large amounts in words", turn => SwitchAsync(turn, "screenreader")) { Group = Group },
        new("ticker", "ticker [on|off]", "hear the news, or not", turn => SwitchAsync(turn, Channels.Ticker)) { Group = Group },
        new("prompt", "prompt [TEXT|off]", "your own prompt", PromptAsync)
        {
            Group = Group, Help = "%m stands for the mode, %c for your coins, %r for the room: prompt %c in %r. prompt off gives the usual one back.",
        },
        new("describe", "describe TEXT", "what others see who look at you", DescribeAsync) { Group = Group, Help = "describe none takes it away again." },
    ];

    /// <summary>Whether a setting is on.</summary>
    public static bool IsOn(Player player, string name) => player.Character.Settings.GetValueOrDefault(name) == "on";

    private static async Task SetAsync(Turn turn)
    {
        var settings = turn.Player.Character.Settings;
        if (turn.Rest.Length == 0)
        {
            turn.Player.Show(new Output.Table(
                "Settings", ["Name", "Now", "What it does"],
                [.. Known.Select(known => (IReadOnlyList<string>)[known.Name, settings.GetValueOrDefault(known.Name) is { } value ? StoredText.Clean(value, MaxPrompt) : Usual(known.Name), known.Help])]));
            return;
        }

        var (name, value) = turn.Split();
        await PutAsync(turn, name.ToLowerInvariant(), value.ToLowerInvariant());
    }

    /// <summary>A setting as a verb of its own; alone it turns it over.</summary>
    private static Task SwitchAsync(Turn turn, string name) => PutAsync(turn, name, turn.Rest.Length > 0 ? turn.Rest.ToLowerInvariant() : (turn.Player.Character.Settings.GetValueOrDefault(name) ?? Usual(name)) == "on" ? "off" : "on");

    private static async Task PutAsync(Turn turn, string name, string value)
    {
        if (Known.FirstOrDefault(known => known.Name == name) is not { Name: not null } found) turn.Refuse($"There is no setting '{StoredText.Clean(name, 40)}'. Settings: {string.Join(", ", Known.Select(known => known.Name))}.");
        else if (!found.Values.Contains(value)) turn.Refuse($"{name} can be {string.Join(" or ", found.Values)}.");
        else
        {
            await turn.Player.SaveAsync(turn.Player.Character with { Settings = turn.Player.Character.Settings.SetItem(name, value) }, turn.Cancellation);
            turn.Show($"{name} is {value}.");
        }
    }

    private static string Usual(string name) => Channels.All.Contains(name) ? "on" : "off";

    private static async Task PromptAsync(Turn turn)
    {
        var text = StoredText.Clean(turn.Rest, MaxPrompt);
        var settings = turn.Player.Character.Settings;
        if (text.Length == 0)
        {
            turn.Show($"Your prompt is: {(settings.TryGetValue("prompt", out var own) ? StoredText.Clean(own, MaxPrompt) : "(%m) >")}");
            return;
        }

        if (text.Select((c, i) => c == '%' && "mcr%".IndexOf(i + 1 < text.Length ? text[i + 1] : ' ', StringComparison.Ordinal) < 0).Contains(true))
        {
            turn.Refuse("After % comes m for the mode, c for your coins or r for the room.");
            return;
        }

        await turn.Player.SaveAsync(
            turn.Player.Character with { Settings = text.Equals("off", StringComparison.OrdinalIgnoreCase) ? settings.Remove("prompt") : settings.SetItem("prompt", text) }, turn.Cancellation);
        turn.Show("So be it.");
    }

    private static async Task DescribeAsync(Turn turn)
    {
        var look = StoredText.Clean(turn.Rest);
        if (look.Length == 0)
        {
            turn.RefuseUsage();
            return;
        }

        var isNone = look.Equals("none", StringComparison.OrdinalIgnoreCase);
        if (!await turn.Player.SaveAsync(turn.Player.Character with { Look = isNone ? "" : look }, turn.Cancellation)) return;
        turn.Show(isNone ? "Who looks at you now sees nothing special." : $"Who looks at you now sees: {look}");
    }
}
