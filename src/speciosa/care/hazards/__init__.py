r"""From the draws of the slow clock and the readings of the fast one to the tables that the loop over people reads.

Leaving a medicine on day $t$: $h_0(1+A e^{-t/\tau})(1+t/28)^{-\gamma}\,e^{\beta(E_{ref}-E)}$, with $E$ where tolerance settles
under the dose and $E_{ref}$ under the usual one of the trial. Use on a day: log odds
$\alpha+\beta_o\,\rho+\beta_b B+\beta_w W-\phi(1-e^{-t/\theta})$ with the share $\rho$ of the receptor that is taken, the share $B$
of the effect of a usual dose that is gone, and the withdrawal score $W$ above its resting value. Return to use after a stop: for
some soon, after an exponential time, for the others Weibull, times $e^{\beta W}$. One use stops ventilation with probability

$$\Phi\!\left(z_0+(1-\kappa)\frac{\ln C(U_0)-\ln C(U)}{\sigma}\right)$$

where $C(U)$ is the concentration that stops breathing at a tolerance $U$ under the medicine, $U_0$ that of habitual use, and
$\kappa$ the share of a change for which people make up by their dose. Some uses in daily treatment fall on days without
the medicine.
"""
