using Cmud.Game.Keys;

namespace Cmud.Game.Accounts;

/// <summary>A payment as its receiver finds it.</summary>
/// <param name="Key">Where it stands.</param>
/// <param name="Time">When the payer wrote the debit.</param>
/// <param name="Amount">How much.</param>
/// <param name="Memo">What the payer says; as stored, so clean it before showing.</param>
internal sealed record IncomingPayment(PaymentKey Key, GameTime Time, Coins Amount, string? Memo)
{
    /// <summary>Whether the payer's ledger holds the debit. Until then it is shown and not counted: anyone can put a payment, only a debit makes it money.</summary>
    public bool IsConfirmed { get; init; }

    /// <summary>The payment that a debit makes; re-putting it is harmless, for it always has the same key and value.</summary>
    public static IncomingPayment Of(LedgerKey debit, LedgerEntry entry) => new(PaymentKey.Of(debit, entry.To), entry.Time, entry.Amount, entry.Text);

    /// <summary>Reads a listed pair; null for what is no payment to this player.</summary>
    public static IncomingPayment? Read(PlayerId to, KeyValuePair<string, string> pair) =>
        PaymentKey.TryParse(pair.Key, out var key) && key.To == to && LedgerEntry.Read(pair.Value) is { Kind: EntryKind.Pay } copy && copy.To == to
            ? new(key, copy.Time, copy.Amount, copy.Text)
            : null;

    /// <summary>This payment, confirmed if it is what the payer's ledger says.</summary>
    /// <param name="debit">The stored value under <see cref="PaymentKey.Debit"/>; null where there is none.</param>
    public IncomingPayment CheckedBy(string? debit) =>
        this with { IsConfirmed = debit is not null && LedgerEntry.Read(debit) is { Kind: EntryKind.Pay } entry && Of(Key.Debit, entry) == this with { IsConfirmed = false } };

    /// <summary>As stored: the debit's own text.</summary>
    public string Write() => new LedgerEntry(Time, EntryKind.Pay) { To = Key.To, Amount = Amount, Text = Memo }.Write();
}
