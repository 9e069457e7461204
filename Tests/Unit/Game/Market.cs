using Cmud.Game;
using Cmud.Game.Accounts;
using Cmud.Game.Economics;
using Cmud.Game.Keys;
using Cmud.Game.People;
using Cmud.Game.Places;
using Cmud.Game.Play;
using Microsoft.Extensions.Time.Testing;

namespace Cmud.Tests.Unit.Game;

/// <summary>
/// Players who pay one another, buy and sell on six replicas up to two seconds apart: in one place or in two, dying between any
/// two writes and coming back, while credits are put again. Everything follows from the seed.
/// </summary>
internal sealed class Market
{
    private const int Traders = 4;
    private const int Moves = 60;
    private static readonly Rulebook Rules = new(Economy.Standard);

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
    private readonly Random _random;
    private readonly Planted _planted;
    private readonly List<Desk>[] _desks = [.. Enumerable.Range(0, Traders).Select(_ => new List<Desk>())];
    private readonly PlayerId[] _traders;

    public Market(int seed, Planted planted = Planted.Nothing)
    {
        _random = new(seed);
        _planted = planted;
        Store = new(_time, _random, replicas: 6, TimeSpan.FromSeconds(2));
        _traders = [.. Enumerable.Range(0, Traders).Select(_ => PlayerId.New(_random))];
    }

    /// <summary>A fault that the check must find.</summary>
    public enum Planted
    {
        Nothing,

        /// <summary>Sessions that spend at once, without the wait of Settle.</summary>
        NoWait,

        /// <summary>Sessions that do not make up for what a former one did not come to.</summary>
        NoMakingUp,

        /// <summary>Sessions that do not learn of one another.</summary>
        NoTakeover,
    }

    public SimulatedStore Store { get; }

    /// <summary>How many payments were made.</summary>
    public int Payments => Store.Settled.Count(pair => pair.Key.StartsWith("pay/", StringComparison.Ordinal));

    /// <summary>How many clients died.</summary>
    public int Deaths { get; private set; }

    /// <summary>Trades, lets everything settle, and says what is wrong then; null where nothing is.</summary>
    public async Task<string?> RunAsync()
    {
        for (var move = 0; move < Moves; move++)
        {
            _time.Advance(TimeSpan.FromSeconds(1.5 * _random.NextDouble()));
            Move(_random.Next(Traders));
            if (_random.Next(8) == 0) Replay();
            if (_random.Next(8) != 0) continue;

            var seen = _random.Next(Traders);
            if (Wrong(seen, await StepsAsync(seen, Store.Connect())) is { } wrong) return $"move {move}: {wrong}";
        }

        // Whoever is at it comes to an end, and everybody logs in once more and makes up for what was left undone.
        for (var i = 0; i < 20; i++) _time.Advance(TimeSpan.FromSeconds(1));
        foreach (var trader in Enumerable.Range(0, Traders)) Open(trader);
        for (var i = 0; i < 20; i++) _time.Advance(TimeSpan.FromSeconds(1));
        foreach (var desk in _desks.SelectMany(desks => desks)) await desk.EndAsync();
        return Credits() ?? await EverywhereAsync();
    }

    private void Move(int trader)
    {
        var desks = _desks[trader];
        Deaths += desks.RemoveAll(static desk => desk.IsDead);
        if (desks.Count == 0 || (desks.Count == 1 && _random.Next(20) == 0))
        {
            Open(trader);
            return;
        }

        var desk = desks[_random.Next(desks.Count)];
        if (desk.IsBusy) return;
        if (_random.Next(12) == 0) desk.Store.DieAfter(_random.Next(4));

        var other = _traders[(trader + 1 + _random.Next(Traders - 1)) % Traders];
        var amount = new Coins(1 + (long)(Math.Max(0, desk.Book.Account.Balance.Milli) * Math.Sqrt(_random.NextDouble())));
        desk.Begin(_random.Next(10) switch
        {
            < 5 => desk.Book.DoAsync(EntryKind.Pay, entry => entry with { To = other, Amount = amount }, default),
            < 7 => desk.Book.DoAsync(EntryKind.Buy, entry => entry with { Item = "laptop", Count = 1 }, default),
            7 => desk.Book.DoAsync(EntryKind.Sell, entry => entry with { Item = "laptop", Count = 1 }, default),
            _ => desk.Book.PollAsync(default),
        });
    }

    private void Open(int trader)
    {
        var store = new MortalStore(Store.Connect())
        {
            Loses = key => _planted == Planted.NoTakeover && key.StartsWith("sess/", StringComparison.Ordinal),
        };
        var desk = new Desk(store, _time, _planted == Planted.NoWait ? new Hasty(_time) : _time, _random, _traders[trader]);
        _desks[trader].Add(desk);
        if (_planted == Planted.NoMakingUp) store.Loses = key => !desk.IsOpen && key.StartsWith("pay/", StringComparison.Ordinal);
        desk.Begin(desk.OpenAsync());
    }

    /// <summary>Puts a credit again, twice, as a client would that does not know whether its write went through.</summary>
    private void Replay()
    {
        var credits = Store.Settled.Where(pair => pair.Key.StartsWith("pay/", StringComparison.Ordinal)).ToArray();
        if (credits.Length == 0) return;

        var (key, value) = credits[_random.Next(credits.Length)];
        for (var i = 0; i < 2; i++) Store.PutRaw(key, value);
    }

    /// <summary>Each debit has its credit, and each credit its debit.</summary>
    private string? Credits()
    {
        var pairs = Store.Settled.ToDictionary(StringComparer.Ordinal);
        var debits = 0;
        foreach (var (key, value) in pairs)
        {
            if (!LedgerKey.TryParse(key, out var debit) || LedgerEntry.Read(value) is not { Kind: EntryKind.Pay } entry) continue;
            if (pairs.GetValueOrDefault(PaymentKey.Of(debit, entry.To).ToString()) != value) return $"the debit {key} has no credit";
            debits++;
        }

        return debits == Payments ? null : $"{debits} debits but {Payments} credits";
    }

    private async Task<string?> EverywhereAsync()
    {
        var sums = new HashSet<(Coins Balance, Coins Made)>();
        for (var replica = 0; replica < Store.Replicas; replica++)
        {
            var (balance, made, paid, received) = (Coins.Zero, Coins.Zero, Coins.Zero, Coins.Zero);
            for (var trader = 0; trader < Traders; trader++)
            {
                var steps = await StepsAsync(trader, Store.Connect(replica));
                if (Wrong(trader, steps) is { } wrong) return $"replica {replica}: {wrong}";

                var account = steps[^1].After;
                balance += account.Balance;
                made += account.Granted + account.Mined + account.Rewards + account.Sold - account.Spent - account.Funded - account.Forgone;
                (paid, received) = (paid + account.Paid, received + account.Received);
            }

            if (balance != made) return $"replica {replica}: balances are {balance.Milli} but {made.Milli} came in and was not spent";
            if (paid != received) return $"replica {replica}: {paid.Milli} was paid but {received.Milli} received";
            sums.Add((balance, made));
        }

        return sums.Count == 1 ? null : "replicas differ";
    }

    /// <summary>What an outsider finds wrong with a ledger; null for nothing.</summary>
    private string? Wrong(int trader, LedgerStep[] steps)
    {
        if (steps[^1].After.Forgery is { } forgery) return $"trader {trader} is unverified: {forgery}";

        // A lagging replica may not show yet what was spent from: only the settled past is without debt.
        var now = GameTime.Of(_time.GetUtcNow());
        return Array.Exists(steps, step => Settle.IsOver(step.Time, now) && step.After.Debt > Coins.Zero) ? $"trader {trader} overdrew" : null;
    }

    private async Task<LedgerStep[]> StepsAsync(int trader, IWorldStore store)
    {
        var reading = await LedgerReading.OfAsync(store, _traders[trader], Rules, default);
        return [.. reading.Steps(Rules, GameTime.Of(_time.GetUtcNow()))];
    }

    /// <summary>One client of a trader: a book, and what it is at.</summary>
    private sealed class Desk
    {
        private readonly Sessions _sessions;
        private Task _doing = Task.CompletedTask;

        public Desk(MortalStore store, TimeProvider wall, TimeProvider timers, Random random, PlayerId trader)
        {
            Store = store;
            var surroundings = new Surroundings(store, new(wall), timers, random, new Seat.Blind(), "test", World.Standard, Economy.Standard);
            var session = SessionId.New(random);
            _sessions = new(store, surroundings.Clock, trader, session, "test");
            Book = new(surroundings, trader, session, _sessions, (wait, stop) => Task.Delay(wait, surroundings.Time, stop));
        }

        public MortalStore Store { get; }

        public Book Book { get; }

        public bool IsOpen { get; private set; }

        public bool IsBusy => !_doing.IsCompleted;

        public bool IsDead => Store.IsDead && !IsBusy;

        public async Task OpenAsync()
        {
            await _sessions.BeginAsync(default);
            await Book.OpenAsync(default);
            IsOpen = true;
        }

        public void Begin(Task doing)
        {
            if (_doing.Exception is { } failure) throw failure;
            _doing = doing;
        }

        /// <summary>Ends well, or by the client's death; everything else is a failure of the test.</summary>
        public async Task EndAsync()
        {
            try
            {
                await _doing.WaitAsync(TimeSpan.FromSeconds(10));
            }
            catch (OperationCanceledException) when (Store.IsDead)
            {
                // It died, as it was to.
            }
        }
    }

    /// <summary>Time in which no wait lasts.</summary>
    private sealed class Hasty(TimeProvider time) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => time.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
