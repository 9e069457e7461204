namespace Cmud.Game.Keys;

/// <summary>A payment, named after the payer's ledger entry: putting it again changes nothing.</summary>
internal readonly record struct PaymentKey(PlayerId To, PlayerId From, SessionId Session, int Seq)
{
    /// <summary>All payments to a player.</summary>
    public static string Prefix(PlayerId to) => $"pay/{to}/";

    /// <summary>The payer's ledger entry that this payment comes from.</summary>
    public LedgerKey Debit => new(From, Session, Seq);

    /// <summary>The payment that a ledger entry makes to <paramref name="to"/>.</summary>
    public static PaymentKey Of(LedgerKey debit, PlayerId to) => new(to, debit.Player, debit.Session, debit.Seq);

    /// <summary>Reads a key; false for anything else.</summary>
    public static bool TryParse(string key, out PaymentKey parsed)
    {
        parsed = default;
        if (!KeyText.TrySplit(key, "pay/", 4, out var parts)) return false;
        if (!PlayerId.TryParse(parts[0], out var to) || !PlayerId.TryParse(parts[1], out var from)) return false;
        if (!SessionId.TryParse(parts[2], out var session) || !KeyText.TrySeq(parts[3], out var seq)) return false;

        parsed = new(to, from, session, seq);
        return true;
    }

    /// <summary>The key.</summary>
    public override string ToString() => $"{Prefix(To)}{From}/{Session}/{KeyText.Seq(Seq)}";
}
