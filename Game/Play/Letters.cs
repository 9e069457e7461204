using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Game.People;

namespace Cmud.Game.Play;

/// <summary>A tell or a letter that came.</summary>
internal sealed record Letter(TellKey Key, FeedLine Line)
{
    /// <summary>Whether it is kept to be read, and not shown at once and done with.</summary>
    public bool IsMail => Line.Kind == FeedKind.Mail;

    public PlayerId From => Key.Mark.Player;
}

/// <summary>What was said to this player alone: tells are shown as they come, letters are kept and counted.</summary>
internal sealed class Letters(Player player)
{
    /// <summary>Most new ones that one look takes in.</summary>
    private const int MaxNew = 500;

    /// <summary>Most letters kept in mind: the newest. The store has them all. Once there are so many, only those count whose writer has the name that they bear.</summary>
    private const int MaxMail = 1_000;

    private readonly WatchedStore _letters = player.Surroundings.Watch(TellKey.Prefix(player.Id));
    private readonly HashSet<string> _shown = [];
    private readonly SortedDictionary<string, Letter> _mail = new(StringComparer.Ordinal);

    /// <summary>Letters that were found to be by those whose names they bear.</summary>
    private readonly HashSet<string> _proven = [];
    private readonly GameTime _begun = player.Now;
    private bool _isFirstLook = true;
    private HeardTells _heard = HeardTells.Read(null, player.Now);
    private GameTime _read;
    private GameTime _lastLook;

    /// <summary>All letters, oldest first.</summary>
    public IReadOnlyCollection<Letter> Mail => _mail.Values;

    /// <summary>How many were not read.</summary>
    public int Unread => _mail.Values.Count(letter => !IsRead(letter));

    /// <summary>Whether a letter, or a later one, was opened.</summary>
    public bool IsRead(Letter letter) => letter.Key.Mark.Time <= _read;

    /// <summary>Who spoke to this player last, for reply.</summary>
    public (PlayerId Id, string Name)? LastTeller { get; private set; }

    /// <summary>Looks for new ones, at most once a second.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        if (!_isFirstLook && player.Now - _lastLook < TimeSpan.FromSeconds(1)) return;

        _lastLook = player.Now;
        if (_isFirstLook && GameTime.TryParse(await player.Store.Get(PlayerKeys.Seen(player.Id), cancellationToken), out var read) && player.Clock.Believes(read)) _read = read;
        if (_isFirstLook) _heard = HeardTells.Read(await player.Store.Get(PlayerKeys.Heard(player.Id), cancellationToken), player.Now);
        var thrown = new List<string>();
        var left = MaxNew;
        await foreach (var (key, value) in _letters.List(TellKey.Prefix(player.Id), cancellationToken))
        {
            // Blank ones are many, for nothing is ever deleted.
            if (value.Length == 0) _shown.Remove(key);
            if (value.Length == 0 || _shown.Contains(key)) continue;
            if (TellKey.TryParse(key, out var parsed) && FeedLine.Read(value) is { Kind: FeedKind.Tell or FeedKind.Whisper or FeedKind.Mail } line)
            {
                // They stand by time, so all that follows is from ahead too. To open such a letter would mark all others as read.
                if (!player.Clock.Believes(parsed.Mark.Time)) break;
                // Who has a name is asked for a few at a time; the rest of a flood waits for the next look.
                if (!await TakeAsync(key, new(parsed, line), thrown, cancellationToken)) break;
            }

            _shown.Add(key);
            if (--left == 0) break;
        }

        _isFirstLook = false;
        if (player.Sessions.IsElsewhere) return;

        // The latest session alone writes; what an older one heard, the newer one shows as well.
        foreach (var key in thrown) await player.Store.Put(key, "", cancellationToken);
        if (_heard.IsChanged) await player.Store.Put(PlayerKeys.Heard(player.Id), _heard.Write(player.Now), cancellationToken);
    }

    /// <summary>Sends a tell or a whisper, shown at once, or a letter, kept.</summary>
    public async Task SendAsync(PlayerId to, FeedKind kind, string text, CancellationToken cancellationToken)
    {
        var key = new TellKey(to, player.Out.NextMark());
        await player.Store.Put(key.ToString(), player.Out.Signed(new(kind, player.Name, text, null), key.ToString()), cancellationToken);
        if (kind != FeedKind.Mail) player.Out.Written(key.ToString(), key.Mark.Time);
    }

    /// <summary>Notes that all up to a letter was read.</summary>
    public async Task ReadAsync(Letter letter, CancellationToken cancellationToken)
    {
        if (letter.Key.Mark.Time <= _read) return;

        _read = letter.Key.Mark.Time;
        await player.Store.Put(PlayerKeys.Seen(player.Id), _read.ToString(), cancellationToken);
    }

    /// <summary>Throws letters away; what they were is not to be had again.</summary>
    public async Task DeleteAsync(IReadOnlyCollection<Letter> letters, CancellationToken cancellationToken)
    {
        foreach (var some in letters.Chunk(Accounts.LedgerShelf.AtOnce))
        {
            foreach (var letter in some) _mail.Remove(letter.Key.ToString());
            await Task.WhenAll(some.Select(async letter => await player.Store.Put(letter.Key.ToString(), "", cancellationToken)));
        }
    }

    /// <summary>Takes in what is new; a new letter of somebody who is ignored is to be thrown away unread. False where it must wait.</summary>
    private async Task<bool> TakeAsync(string key, Letter letter, List<string> thrown, CancellationToken cancellationToken)
    {
        if (!letter.IsMail)
        {
            await HearAsync(letter, cancellationToken);
            return true;
        }

        if (!IsRead(letter) && player.Character.Ignored.Contains(letter.From.ToString()))
        {
            thrown.Add(key);
            return true;
        }

        if (_mail.Count >= MaxMail)
        {
            if (await IsProvenAsync(key, letter, cancellationToken) is not { } isProven || (isProven && !await MakeRoomAsync(cancellationToken))) return false;
            if (!isProven) return true;

            _proven.Add(key);
        }

        _mail[key] = letter;
        if (_isFirstLook || await player.Ears.VoiceAsync(letter.Key.Mark, key, letter.Line, cancellationToken) is not { } name) return true;

        LastTeller = (letter.From, letter.Line.Name);
        player.Show($"A letter from {name} arrived. (mail)", Tone.Event);
        return true;
    }

    private Task<bool?> IsProvenAsync(string key, Letter letter, CancellationToken cancellationToken) => player.Ears.Acquaintances.IsByAsync(letter.From, key, letter.Line, cancellationToken);

    /// <summary>
    /// Lets the oldest go that proves to be nobody's, and if there is none the oldest of who has written most: whoever writes in another's name fills
    /// that one's share, not the others'. False where that is not known yet.
    /// </summary>
    private async Task<bool> MakeRoomAsync(CancellationToken cancellationToken)
    {
        foreach (var (key, kept) in _mail.Where(kept => !_proven.Contains(kept.Key)).ToArray())
        {
            if (await IsProvenAsync(key, kept, cancellationToken) is not { } isProven) return false;
            if (!isProven) return _mail.Remove(key);

            _proven.Add(key);
        }

        var oldest = _mail.GroupBy(kept => kept.Value.From).MaxBy(writer => writer.Count())!.First().Key;
        _proven.Remove(oldest);
        return _mail.Remove(oldest);
    }

    /// <summary>Shows a tell, once in all sessions together. One of somebody who is ignored counts as heard, or it would come when they are ignored no more.</summary>
    private async Task HearAsync(Letter letter, CancellationToken cancellationToken)
    {
        var mark = letter.Key.Mark;
        if (_heard.Contains(mark)) return;

        _heard.Add(mark);
        if (await player.Ears.VoiceAsync(mark, letter.Key.ToString(), letter.Line, cancellationToken) is not { } name) return;

        LastTeller = (letter.From, letter.Line.Name);
        var whispers = letter.Line.Kind == FeedKind.Whisper;
        player.Show(
            mark.Time < _begun
                ? $"While you were away ({Verbs.Spans.Ago(mark.Time, player.Now)}) {name} {(whispers ? "whispered to you" : "told you")}: {letter.Line.Text}"
                : $"{name} {(whispers ? "whispers to you" : "tells you")}: {letter.Line.Text}",
            Tone.Speech);
    }
}
