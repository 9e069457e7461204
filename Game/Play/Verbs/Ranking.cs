using Cmud.Game.Accounts;
using Cmud.Game.Economics;
using Cmud.Game.Feeds;
using Cmud.Game.Keys;
using Cmud.Game.People;

namespace Cmud.Game.Play.Verbs;

/// <summary>The climb: promotions and what they ask of a player with and for others, the boards, and audits.</summary>
internal static class Ranking
{
    private const string Group = "Career";

    /// <summary>Rows of a board.</summary>
    private const int MaxRows = 10;

    /// <summary>Rows looked into for a board, the best of all that are there, until it is full.</summary>
    /// <remarks>
    /// A row that does not hold takes nobody's place: who has no name costs a List, who has no honest ledger two more and a Get, once in ten minutes. With 64
    /// names asked for at once 20,000 forged rows take a second or two, and the next look begins below them.
    /// </remarks>
    private const int MaxClaims = 20_000;

    /// <summary>How long a row that did not hold is not looked into again; what was missing may have been on its way.</summary>
    private static readonly TimeSpan Disbelief = TimeSpan.FromMinutes(10);

    /// <summary>How old a ledger may be for the board.</summary>
    private static readonly TimeSpan Recent = TimeSpan.FromSeconds(5);

    /// <summary>The faculty's own sign after so long, so that nobody is stuck on a quiet campus.</summary>
    private static readonly TimeSpan FacultySigns = TimeSpan.FromMinutes(10);

    /// <summary>Signatures that a committee needs.</summary>
    private const int Signatures = 2;

    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("promote", "promote", "ask for the next rank", PromoteAsync) { Group = Group, TakesCoins = true, Help = "score shows what is missing. A rank costs coins and asks for solved problems, and for something done with others." },
        new("advisor", "advisor [NAME]", "pick an advisor", AdvisorAsync) { Group = Group, Completes = static player => player.Surroundings.World.Npcs.Where(npc => npc.IsAdvisor).Select(npc => npc.Name) },
        new("committee", "committee", "call a committee, or see who signed", CommitteeAsync) { Group = Group, Help = "For a PhD student who wants to be a PhD candidate. Two signatures are needed: players sign NAME for you; after 10 minutes the faculty's own do." },
        new("sign", "sign NAME", "sign for somebody's committee", SignAsync) { Group = Group, Completes = static player => player.Crowd.LastSeen.Select(person => person.Name) },
        new("prestige", "prestige", "a laureate's sabbatical: begin anew, with a citation", PrestigeAsync) { Group = Group, TakesCoins = true, Aliases = ["sabbatical"] },
        new("top", "top", "the board of this season", TopAsync) { Group = Group, IsForOnlookers = true, Aliases = ["board"] },
        new("audit", "audit NAME", "somebody's ledger, checked", AuditAsync) { Group = Group, IsForOnlookers = true, Completes = static player => player.Crowd.LastSeen.Select(person => person.Name), Help = "Anyone can check anyone: the ledger is folded again by the rules, and a step that no honest player takes is named." },
    ];

    /// <summary>How many of the steps to a rank are done: the coins, each problem, the deed.</summary>
    public static (int Done, int Of) Steps(Account account, Rank rank)
    {
        var of = 1 + rank.Problems + (rank.Deed is null ? 0 : 1);
        var done = (account.Balance >= rank.Cost ? 1 : 0) + Math.Min(account.SolvedHere, rank.Problems) + (rank.Deed is { } deed && account.Deeds.Contains(deed) ? 1 : 0);
        return (done, of);
    }

    /// <summary>How far somebody is on the way to a rank, and what comes next, in words.</summary>
    public static string Missing(Player player, Account account, Rank rank)
    {
        var next = new List<string>();
        if (account.SolvedHere < rank.Problems) next.Add($"solve {rank.Problems - account.SolvedHere} more");
        if (account.Balance < rank.Cost) next.Add($"{Money.Text(player, rank.Cost - account.Balance)} more");
        if (rank.Deed is { } deed && !account.Deeds.Contains(deed)) next.Add(char.ToLowerInvariant(rank.Ask[0]) + rank.Ask[1..].TrimEnd('.'));
        return $"{Math.Min(account.SolvedHere, rank.Problems)} of {rank.Problems} problems solved; {(next.Count == 0 ? "nothing is missing: promote" : $"next: {string.Join("; ", next)}")}";
    }

    /// <summary>The rank that somebody holds, and their citations, as others read it.</summary>
    public static string TitleOf(Economy economy, Account account) =>
        economy.Ranks[account.Rank].Name + (account.Citations == 0 ? "" : $", {account.Citations} {(account.Citations == 1 ? "citation" : "citations")}");

    /// <summary>Whether the next promotion asks for a deed that is not done.</summary>
    public static bool IsAsked(Player player, string deed)
    {
        var (account, ranks) = (player.Book.Account, player.Surroundings.Economy.Ranks);
        return account.Rank + 1 < ranks.Length && ranks[account.Rank + 1].Deed == deed && !account.Deeds.Contains(deed);
    }

    /// <summary>Notes a deed that the next promotion asks for; others are forgotten.</summary>
    public static async Task DeedAsync(Player player, string deed, CancellationToken cancellationToken)
    {
        if (!IsAsked(player, deed)) return;

        var ruling = await player.Book.DoAsync(EntryKind.Deed, entry => entry with { Item = deed }, cancellationToken);
        if (ruling.IsAllowed) player.Show($"That counts toward the rank of {player.Surroundings.Economy.Ranks[ruling.After.Rank + 1].Name}.", Tone.Success);
    }

    /// <summary>Writes the own row of the board.</summary>
    public static async Task PostAsync(Player player, CancellationToken cancellationToken)
    {
        var account = player.Book.Account;
        var row = new Row(1, player.Name, account.HighestRank, account.Citations, account.Solved, account.Balance.Milli);
        await player.Store.Put(PlayerKeys.BoardRow(player.Surroundings.Economy.Season, player.Id), JsonValue.Write(row), cancellationToken);
    }

    private static async Task PromoteAsync(Turn turn)
    {
        var (player, economy) = (turn.Player, turn.Player.Surroundings.Economy);
        var before = player.Book.Account;
        if (before.Rank + 1 >= economy.Ranks.Length)
        {
            turn.Refuse("There is no higher rank. (prestige)");
            return;
        }

        var rank = economy.Ranks[before.Rank + 1];
        if (rank.Deed == "students" && !before.Deeds.Contains("students") && await StudentsAsync(turn) >= 2) await DeedAsync(player, "students", turn.Cancellation);
        var ruling = await player.Book.DoAsync(EntryKind.Promote, entry => entry with { Rank = rank.Index }, turn.Cancellation);
        if (!ruling.IsAllowed)
        {
            turn.Refuse(ruling.Refusal);
            return;
        }

        turn.Show($"You are now a {rank.Name}. Somewhere a printer prints your new door sign, twice.", Tone.Success);
        foreach (var tier in economy.Tiers.Where(tier => tier.Rank == rank.Index)) turn.Show($"The shop now sells you the {tier.Name}.");
        foreach (var room in player.Surroundings.World.Rooms.Where(room => room.Rank == rank.Index)) turn.Show($"{room.Name} is open to you.");
        await player.ActAsync(FeedKind.Act, null, "is applauded.", turn.Cancellation);
        await player.AnnounceAsync($"is now a {rank.Name}.", turn.Cancellation);
        await PostAsync(player, turn.Cancellation);
    }

    private static async Task PrestigeAsync(Turn turn)
    {
        var ruling = await turn.Player.Book.DoAsync(EntryKind.Prestige, entry => entry, turn.Cancellation);
        if (!ruling.IsAllowed)
        {
            turn.Refuse(ruling.Refusal);
            return;
        }

        turn.Show($"You leave the keys on the desk and walk home to an old laptop. Citation {ruling.After.Citations}: all that you mine from now on grows by it.", Tone.Success);
        await turn.Player.AnnounceAsync("left on sabbatical.", turn.Cancellation);
        await PostAsync(turn.Player, turn.Cancellation);
    }

    private static async Task AdvisorAsync(Turn turn)
    {
        var player = turn.Player;
        if (turn.Rest.Length == 0)
        {
            turn.Show(player.Character.Advisor is { } advisor ? $"Your advisor is {await NameOfAsync(player, advisor, turn.Cancellation)}." : $"You have no advisor. Faculty: {string.Join(", ", player.Surroundings.World.Npcs.Where(npc => npc.IsAdvisor).Select(npc => npc.Name))}; or any professor among the players.");
            return;
        }

        if (player.Surroundings.World.Npcs.FirstOrDefault(npc => npc.IsAdvisor && (npc.Id.Equals(turn.Rest, StringComparison.OrdinalIgnoreCase) || npc.Name.Contains(turn.Rest, StringComparison.OrdinalIgnoreCase))) is { } faculty)
        {
            await player.SaveAsync(player.Character with { Advisor = faculty.Id }, turn.Cancellation);
            turn.Show($"{faculty.Name} nods, and forgets your name, and nods again.");
        }
        else if (await Talking.FindAsync(turn, turn.Words[0]) is { } found)
        {
            var theirs = await player.Ledgers.FoldAsync(found.Id, oldest: default, turn.Cancellation);
            if (found.Id == player.Id || theirs.HighestRank < AssistantProfessor)
            {
                turn.Refuse($"{found.Name} is no professor.");
                return;
            }

            await player.SaveAsync(player.Character with { Advisor = found.Id.ToString() }, turn.Cancellation);
            turn.Show($"{found.Name} is your advisor now.");
            await player.Ears.Letters.SendAsync(found.Id, FeedKind.Mail, "I have put you down as my advisor. I hope that is all right.", turn.Cancellation);
        }
        else return;

        await DeedAsync(player, "advisor", turn.Cancellation);
    }

    private const int AssistantProfessor = 5;
    private const int Candidate = 3;
    private const string CommitteeDeed = "committee";

    private static string Case(PlayerId candidate) => $"committee-{candidate}";

    private static async Task CommitteeAsync(Turn turn)
    {
        var (player, account, ranks) = (turn.Player, turn.Player.Book.Account, turn.Player.Surroundings.Economy.Ranks);
        var asks = ranks.First(rank => rank.Deed == CommitteeDeed);
        if (account.Rank + 1 != asks.Index)
        {
            turn.Refuse($"A committee is called by a {ranks[asks.Index - 1].Name} who wants to be a {asks.Name}; your rank is {ranks[account.Rank].Name}.");
            return;
        }

        var (votes, opened) = await SignersAsync(player, turn.Cancellation);
        if (opened is not { } since)
        {
            await player.Store.Put(SharedKeys.Vote(Case(player.Id), player.Id), player.Clock.IssueHere().ToString(), turn.Cancellation);
            turn.Show("You book a room and wait. Players may sign for you; the faculty's own sign in 10 minutes.");
            await player.AnnounceAsync("looks for a thesis committee. (sign NAME)", turn.Cancellation);
            return;
        }

        var left = FacultySigns - (player.Now - since);
        var names = new List<string>();
        foreach (var vote in votes) names.Add(await NameOfAsync(player, vote.ToString(), turn.Cancellation));
        if (left <= TimeSpan.Zero) names.AddRange(player.Surroundings.World.Npcs.Where(npc => npc.IsAdvisor).Take(Signatures).Select(npc => npc.Name));
        turn.Show(names.Count == 0 ? "Nobody has signed yet." : $"Signed: {string.Join(", ", names)}.");
        if (names.Count >= Signatures) await DeedAsync(player, CommitteeDeed, turn.Cancellation);
        else turn.Show($"The faculty's own sign in {Spans.Short(left)}.", Tone.Hint);
    }

    private static async Task SignAsync(Turn turn)
    {
        if (turn.Rest.Length == 0)
        {
            turn.RefuseUsage();
            return;
        }

        if (await Talking.FindAsync(turn, turn.Words[0]) is not { } found) return;

        if (found.Id == turn.Player.Id) turn.Refuse("One does not sign for oneself.");
        else if (await turn.Player.Store.Get(SharedKeys.Vote(Case(found.Id), found.Id), turn.Cancellation) is null or "") turn.Refuse($"{found.Name} has called no committee.");
        else
        {
            await turn.Player.Store.Put(SharedKeys.Vote(Case(found.Id), turn.Player.Id), turn.Player.Clock.IssueHere().ToString(), turn.Cancellation);
            turn.Show($"You sign for {found.Name}, in ink.", Tone.Success);
            await turn.Player.Ears.Letters.SendAsync(found.Id, FeedKind.Tell, "I signed for your committee. (committee)", turn.Cancellation);
        }
    }

    /// <summary>Who signed for this player's committee, and since when it was called.</summary>
    private static async Task<(IReadOnlyList<PlayerId> Signed, GameTime? Opened)> SignersAsync(Player player, CancellationToken cancellationToken)
    {
        var votes = SharedKeys.Votes(Case(player.Id));
        var signed = new List<PlayerId>();
        GameTime? opened = null;
        await foreach (var (key, value) in player.Store.List(votes, cancellationToken))
        {
            if (!SharedKeys.TryParseVote(key, votes, out var voter) || !GameTime.TryParse(value, out var time)) continue;
            if (voter == player.Id) opened = player.Clock.Believes(time) ? time : null;
            else if (signed.Count < MaxRows) signed.Add(voter);
        }

        return (signed, opened);
    }

    /// <summary>How many players that name this one their advisor are candidates or more.</summary>
    private static async Task<int> StudentsAsync(Turn turn)
    {
        var students = 0;
        foreach (var person in await turn.Player.Crowd.LookAsync(turn.Cancellation))
        {
            var character = Character.Read(await turn.Player.Store.Get(PlayerKeys.Character(person.Id), turn.Cancellation));
            if (character?.Advisor != turn.Player.Id.ToString()) continue;

            if ((await turn.Player.Ledgers.FoldAsync(person.Id, oldest: default, turn.Cancellation)).HighestRank >= Candidate) students++;
        }

        return students;
    }

    /// <summary>What somebody is called, by id.</summary>
    public static async Task<string> NameOfAsync(Player player, string id, CancellationToken cancellationToken)
    {
        if (player.Surroundings.World.Npcs.FirstOrDefault(npc => npc.Id == id) is { } faculty) return faculty.Name;
        if (!PlayerId.TryParse(id, out var parsed) || Character.Read(await player.Store.Get(PlayerKeys.Character(parsed), cancellationToken)) is not { } character) return "somebody";

        return Acquaintances.Shown(character.Name, parsed == player.Id || await player.Ears.Acquaintances.HasAsync(parsed, character.Name, cancellationToken) == true);
    }

    private static async Task TopAsync(Turn turn)
    {
        var (player, economy) = (turn.Player, turn.Player.Surroundings.Economy);
        await PostAsync(player, turn.Cancellation);
        var best = new List<(string Name, Account Account)>();
        var claims = await ClaimsAsync(player, turn.Cancellation);
        foreach (var some in claims.Chunk(LedgerShelf.AtOnce))
        {
            var names = new Names(player.Store, player.Clock);
            var owners = await Task.WhenAll(some.Select(claim => names.OwnerAsync(claim.Name, turn.Cancellation)));
            foreach (var ((id, name), owner) in some.Zip(owners))
            {
                if (best.Count == MaxRows * 2) break;

                // A row is only a claim: the best are folded again, and one that does not hold leaves the board.
                if (owner?.Player == id && await player.Ledgers.FoldAsync(id, Recent, turn.Cancellation) is { Forgery: null, Born: not null } account) best.Add((name.Shown, account));
                else if (id != player.Id) player.Imposters[id] = player.Now + Disbelief;
            }

            if (best.Count == MaxRows * 2) break;
        }

        if (claims.Count == MaxClaims && best.Count < MaxRows) turn.Show("So many rows did not hold that not all were looked into; top goes on below them.", Tone.Hint);
        player.Show(new Output.Table(
            $"Season {economy.Season}",
            ["No", "Name", "Rank", "Citations", "Solved", "Coins"],
            [
                .. best.OrderByDescending(entry => (entry.Account.Citations, entry.Account.HighestRank, entry.Account.Balance.Milli)).Take(MaxRows).Select((entry, i) => (IReadOnlyList<string>)
                [
                    FormattableString.Invariant($"{i + 1}"), entry.Name, economy.Ranks[entry.Account.HighestRank].Name, FormattableString.Invariant($"{entry.Account.Citations}"),
                    FormattableString.Invariant($"{entry.Account.Solved}"), Money.Text(player, entry.Account.Balance),
                ]),
            ]));
    }

    private static async Task AuditAsync(Turn turn)
    {
        if (turn.Rest.Length == 0)
        {
            turn.RefuseUsage();
            return;
        }

        if (await Talking.FindAsync(turn, turn.Words[0]) is not { } found) return;

        var reading = await turn.Player.Ledgers.ReadAsync(found.Id, turn.Cancellation);
        var steps = reading.Steps(turn.Player.Book.Rules, turn.Player.Now).ToArray();
        turn.Show($"The ledger of {found.Name}: {steps.Length} {(steps.Length == 1 ? "step" : "steps")}", Tone.Heading);
        await Money.ShowAsync(turn, steps, MaxRows * 2);
        var verdict = steps.LastOrDefault()?.After.Forgery;
        if (verdict is not null) turn.Show($"[unverified] {verdict}", Tone.Warning);
        else if (steps.LastOrDefault()?.After.Born is null) turn.Show("There is no ledger under that name.", Tone.Warning);
        else if (reading.From is not null) turn.Show("Every step since then keeps to the rules; what was folded before is taken on trust.", Tone.Success);
        else turn.Show("Every step keeps to the rules.", Tone.Success);
        if (reading.Signed(turn.Player.Book.Rules) is not { } signed) return;

        turn.Show(FormattableString.Invariant($"Signed since {signed.Since.Wall:yyyy-MM-dd HH:mm} (UTC)."), Tone.Success);
        if (signed.Foreign > 0) turn.Show($"{signed.Foreign} {(signed.Foreign == 1 ? "entry that somebody else put there does" : "entries that somebody else put there do")} not count.", Tone.Warning);
    }

    /// <summary>The best rows of the board, the own one first, but for those that were looked into lately and did not hold.</summary>
    private static async Task<IReadOnlyList<(PlayerId Id, PlayerName Name)>> ClaimsAsync(Player player, CancellationToken cancellationToken)
    {
        // The worst of the best stands at the front, to give way to a better one: all rows are looked at, and so many are kept.
        var rows = new PriorityQueue<(PlayerId Id, PlayerName Name), (bool IsOwn, int Citations, int Rank, long Milli)>();
        await foreach (var (key, value) in player.Store.List(PlayerKeys.Board(player.Surroundings.Economy.Season), cancellationToken))
        {
            if (!PlayerKeys.TryParseBoardRow(key, player.Surroundings.Economy.Season, out var id) || (player.Imposters.TryGetValue(id, out var until) && player.Now < until)) continue;
            if (JsonValue.Read<Row>(value) is not { V: 1 } row || !PlayerName.TryParse(row.Name ?? "", out var name, out _)) continue;

            rows.Enqueue((id, name), (id == player.Id, row.Citations, row.Rank, row.Milli));
            if (rows.Count > MaxClaims) rows.Dequeue();
        }

        var best = new List<(PlayerId Id, PlayerName Name)>();
        while (rows.TryDequeue(out var row, out _)) best.Add(row);
        best.Reverse();
        return best;
    }

    /// <summary>A row of the board as stored: a claim, no more.</summary>
    private sealed record Row(int V, string? Name, int Rank, int Citations, int Solved, long Milli);
}
