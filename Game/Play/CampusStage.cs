using System.Text.RegularExpressions;
using Cmud.Game.Play.Verbs;

namespace Cmud.Game.Play;

/// <summary>The game itself: lines are commands.</summary>
/// <param name="player">Who plays.</param>
/// <param name="early">Lines that were typed before the game began; they come first.</param>
internal sealed partial class CampusStage(Player player, Queue<string>? early = null) : Stage
{
    /// <summary>The longest line: what is said must fit a screen.</summary>
    public const int MaxLine = 1_024;

    /// <summary>How many times an alias may stand for an alias.</summary>
    private const int MaxAliases = 8;

    private readonly VerbTable _verbs = VerbTable.Standard;

    /// <inheritdoc/>
    public override string Prompt
    {
        get
        {
            var mode = player.Mode.ToString().ToLowerInvariant();
            if (player.Secret is { } secret) return secret.Prompt;
            if (!player.Character.Settings.TryGetValue("prompt", out var own) || own.Length == 0) return $"({mode}) > ";

            // At once, not one after another: "%" before what stands for "%m" would make another "%c".
            return Stands().Replace(StoredText.Clean(own, Settings.MaxPrompt), match => match.ValueSpan[1] switch
            {
                'm' => mode,
                'r' => player.Room.Name,
                _ => Money.Text(player, player.Book.Account.Balance),
            }) + " ";
        }
    }

    /// <inheritdoc/>
    public override bool HidesInput => player.Secret is not null;

    /// <inheritdoc/>
    public override async Task BeginAsync(CancellationToken cancellationToken)
    {
        await PollAsync(cancellationToken);
        while (early is not null && Next is null && early.TryDequeue(out var line)) await EnterAsync(line, cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task EnterAsync(string line, CancellationToken cancellationToken)
    {
        player.Stir();
        if (player.Secret is { } secret)
        {
            player.Secret = null;
            await secret.Take(line, cancellationToken);
            return;
        }

        var typed = line.Trim();
        if (typed.Length == 0) return;
        if (typed.Length > MaxLine)
        {
            player.Show($"The line has {typed.Length} characters but at most {MaxLine} are read; say it in parts.", Tone.Error);
            return;
        }

        if (Unalias(typed) is { } command) await RunAsync(command.Line, command.IsOwn, cancellationToken);
        if (!player.IsLeaving) return;

        await EndAsync(cancellationToken);
        Next = new FarewellStage();
    }

    /// <inheritdoc/>
    public override Task PollAsync(CancellationToken cancellationToken) => player.PollAsync(cancellationToken);

    /// <inheritdoc/>
    public override Task EndAsync(CancellationToken cancellationToken) => player.EndAsync(cancellationToken);

    /// <inheritdoc/>
    public override IReadOnlyList<string> Complete(string text, int cursor)
    {
        var before = text[..cursor].TrimStart();
        var space = before.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0)
        {
            var lower = before.ToLowerInvariant();
            return [.. _verbs.All.Select(verb => verb.Name).Concat(player.Character.Aliases.Keys).Where(name => name.StartsWith(lower, StringComparison.Ordinal)).Distinct().Order(StringComparer.Ordinal)];
        }

        if (_verbs.Find(before[..space])?.Completes is not { } completes) return [];

        var word = before[(before.LastIndexOf(' ') + 1)..];
        return [.. completes(player).Where(candidate => candidate.StartsWith(word, StringComparison.OrdinalIgnoreCase)).Distinct(StringComparer.OrdinalIgnoreCase).Order(StringComparer.OrdinalIgnoreCase)];
    }

    private async Task RunAsync(string typed, bool isOwn, CancellationToken cancellationToken)
    {
        var space = typed.IndexOf(' ', StringComparison.Ordinal);
        var (word, rest) = space < 0 ? (typed, "") : (typed[..space], typed[(space + 1)..].Trim());
        var meant = Modes.Meant(player, _verbs, typed);
        if (meant?.Name == "submit" && Modes.SlipOf(_verbs, typed) is { } slip)
        {
            player.Show($"Did you mean {slip}? As an answer it would cost a pause: submit {StoredText.Clean(typed, 40)} if it is one.", Tone.Hint);
            return;
        }

        if ((meant ?? _verbs.Find(word)) is not { } verb)
        {
            player.Show($"Nobody here knows how to '{StoredText.Clean(word, 40)}'. {(_verbs.Near(word) is [_, ..] near ? $"Did you mean {string.Join(" or ", near)}? (help)" : "Type help to see what can be done.")}", Tone.Error);
            return;
        }

        if (player.Sessions.IsElsewhere && !verb.IsForOnlookers)
        {
            player.Show("You are elsewhere: your newer session does that. (takeover plays on here, quit ends this one)", Tone.Error);
            return;
        }

        if (verb.TakesCoins && !isOwn)
        {
            player.Show($"Your alias would {verb.Name}, and anybody may have set it: no alias of an earlier session touches coins. Type {verb.Name} itself, or set the alias again. (alias)", Tone.Error);
            return;
        }

        // A bare line means what it did only as long as one is at it.
        if (!Modes.Lasts(player.Mode, verb)) player.Rest();
        await verb.Run(new(player, _verbs, verb, meant is null ? rest : typed, cancellationToken));
        await Tutorial.NoticeAsync(player, verb.Name, cancellationToken);
    }

    /// <summary>
    /// Puts an alias's words in its place, where the word is nothing that the game knows, not even the beginning of a verb; null, and a word about it, where that leads
    /// nowhere. Says as well whether all of it is this session's own: typed, or an alias that it set.
    /// </summary>
    private (string Line, bool IsOwn)? Unalias(string typed)
    {
        var isOwn = true;
        var first = StoredText.Clean(typed.Split(' ', 2)[0].ToLowerInvariant(), 40);
        for (var i = 0; i < MaxAliases; i++)
        {
            if (typed[0] is '\'' or '"') return ($"say {typed[1..].Trim()}", isOwn);
            if (typed[0] is ':' or ';') return ($"emote {typed[1..].Trim()}", isOwn);

            var space = typed.IndexOf(' ', StringComparison.Ordinal);
            var word = space < 0 ? typed : typed[..space];
            if (_verbs.Find(word) is not null || word.All(char.IsAsciiDigit)) return (typed, isOwn);
            if (!player.Character.Aliases.TryGetValue(word.ToLowerInvariant(), out var meaning) || meaning.Length == 0) return (typed, isOwn);

            isOwn &= player.OwnAliases.GetValueOrDefault(word.ToLowerInvariant()) == meaning;
            typed = space < 0 ? meaning : $"{meaning} {typed[(space + 1)..].Trim()}";
        }

        player.Show($"Your alias '{first}' leads from alias to alias and to no verb. (alias {first} forgets it)", Tone.Error);
        return null;
    }

    /// <summary>What stands for something else in a prompt of one's own.</summary>
    [GeneratedRegex("%[mrc]", RegexOptions.CultureInvariant)]
    private static partial Regex Stands();
}
